import { Alert, Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { sentenceOf } from '../api/api-error.ts';
import { useSignIn } from '../api/session.ts';
import { Mark } from './mark.tsx';

export function SignIn() {
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
