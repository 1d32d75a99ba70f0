import { PasswordInput, Select, Text, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { passwordProblem } from '../../api/password-problem.ts';
import { send } from '../../api/request.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { type Operator, ROLES } from './operator.ts';

export type OperatorDeed =
  { readonly kind: 'add' } | { readonly kind: 'role' | 'password' | 'disable' | 'enable' | 'remove'; readonly operator: Operator };

interface OperatorDeedsProps {
  readonly deed: OperatorDeed;
  readonly onClose: () => void;
  readonly onDone: () => Promise<void>;
}

interface Question {
  readonly title: string;
  readonly deed: string;
  readonly danger?: boolean;
  readonly typed?: string;
  readonly ask: ReactNode;
  readonly act: () => Promise<unknown>;
}

/** What is done to accounts, each after a question. A change ends the sessions of the account. */
export function OperatorDeeds({ deed, onClose, onDone }: OperatorDeedsProps) {
  const known = deed.kind === 'add' ? undefined : deed.operator;
  const [name, setName] = useState('');
  const [role, setRole] = useState<string>(known?.role ?? 'viewer');
  const [password, setPassword] = useState('');
  const roleField = <Select label="Role" allowDeselect={false} data={ROLES} value={role} onChange={(next) => setRole(next ?? 'viewer')} />;
  const passwordField = (
    <PasswordInput
      label="Password"
      description="Hand it over by a safe way; whoever gets it changes it after the first sign-in"
      autoComplete="new-password"
      error={passwordProblem(password)}
      value={password}
      onChange={(event) => setPassword(event.currentTarget.value)}
    />
  );
  const question = questionOf(deed, { name, setName, role, password, roleField, passwordField });
  return (
    <Confirm
      opened
      title={question.title}
      deed={question.deed}
      danger={question.danger ?? false}
      {...(question.typed === undefined ? {} : { typed: question.typed })}
      onClose={onClose}
      onConfirm={async () => {
        await question.act();
        await onDone();
      }}
    >
      {question.ask}
    </Confirm>
  );
}

interface Fields {
  readonly name: string;
  readonly setName: (name: string) => void;
  readonly role: string;
  readonly password: string;
  readonly roleField: ReactNode;
  readonly passwordField: ReactNode;
}

function questionOf(deed: OperatorDeed, { name, setName, role, password, roleField, passwordField }: Fields): Question {
  if (deed.kind === 'add')
    return {
      title: 'Add an operator',
      deed: 'Add',
      ask: (
        <>
          <TextInput
            label="Name"
            description="a-z 0-9 . _ @ -"
            data-autofocus
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          {roleField}
          {passwordField}
        </>
      ),
      act: () => send('POST', 'ops/operators', { name, role, password }),
    };
  const { name: known } = deed.operator;
  const path = `ops/operators/${encodeURIComponent(known)}`;
  switch (deed.kind) {
    case 'role':
      return {
        title: `Change the role of ${known}`,
        deed: 'Change',
        ask: (
          <>
            {roleField}
            <Text size="sm">They are signed out everywhere, and sign in again with the new role.</Text>
          </>
        ),
        act: () => send('PATCH', path, { role }),
      };
    case 'password':
      return {
        title: `Set a new password for ${known}`,
        deed: 'Set',
        ask: passwordField,
        act: () => send('PATCH', path, { password }),
      };
    case 'disable':
      return {
        title: `Disable ${known}`,
        deed: 'Disable',
        danger: true,
        ask: <Text size="sm">They are signed out everywhere, and let in again only when the account is enabled.</Text>,
        act: () => send('PATCH', path, { disabled: true }),
      };
    case 'enable':
      return {
        title: `Enable ${known}`,
        deed: 'Enable',
        ask: <Text size="sm">They may sign in again, as {deed.operator.role}.</Text>,
        act: () => send('PATCH', path, { disabled: false }),
      };
    case 'remove':
      return {
        title: `Remove ${known}`,
        deed: 'Remove',
        danger: true,
        typed: known,
        ask: <Text size="sm">The account and its sessions end. What they did stays in the audit trail.</Text>,
        act: () => send('DELETE', path),
      };
  }
}
