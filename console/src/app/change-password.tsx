import { PasswordInput, Text } from '@mantine/core';
import { useState } from 'react';
import { passwordProblem } from '../api/password-problem.ts';
import { useChangePassword } from '../api/session.ts';
import { Confirm } from '../ui/confirm.tsx';

/** The own password, changed with the present one. */
export function ChangePassword({ onClose }: { readonly onClose: () => void }) {
  const [password, setPassword] = useState('');
  const [next, setNext] = useState('');
  const change = useChangePassword();
  return (
    <Confirm opened title="Change your password" deed="Change" onClose={onClose} onConfirm={() => change(password, next)}>
      <PasswordInput
        label="Present password"
        autoComplete="current-password"
        data-autofocus
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <PasswordInput
        label="New password"
        description="At least 12 characters"
        autoComplete="new-password"
        error={passwordProblem(next)}
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      <Text size="sm" className="quiet">
        You stay signed in here, and are signed out everywhere else.
      </Text>
    </Confirm>
  );
}
