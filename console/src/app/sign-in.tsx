import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { sentenceOf } from '../api/api-error.ts';
import { useSignIn } from '../api/session.ts';
import type { SessionEnd } from '../api/session-state.ts';
import { Mark } from './mark.tsx';

const ENDS: Readonly<Record<SessionEnd, string>> = {
  over: 'Your session is over: it ran out, was ended elsewhere, or your account was changed. Sign in to go on where you were.',
  idle: 'You were signed out because nothing was touched for a while. Sign in to go on where you were.',
};

/** The way in. After a session that ended it says why; the address stays, so one goes on where one was. */
export function SignIn({ end }: { readonly end: SessionEnd | undefined }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useSignIn();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ name, password });
  };
  return (
    <Center mih="100vh" p="md" component="main">
      <Paper withBorder p="xl" w={360} component="form" onSubmit={submit}>
        <Stack gap="md">
          <Mark />
          <Title order={1}>Sign in</Title>
          {end !== undefined && !signIn.isError && (
            <Alert color="gray" role="status">
              {ENDS[end]}
            </Alert>
          )}
          {signIn.isError && (
            <Alert color="red" role="alert" title="You were not let in">
              {sentenceOf(signIn.error)}
            </Alert>
          )}
          <TextInput
            label="Name"
            autoComplete="username"
            autoFocus
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
          <Text size="xs" className="quiet">
            A gateway that started for the first time wrote the password of “admin” into its data directory, file operator-password. Others
            are made with “waybill operators add”.
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}
