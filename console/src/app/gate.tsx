import { Center, Loader } from '@mantine/core';
import { useSession, useSessionEnd } from '../api/session.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { Shell } from './shell.tsx';
import { SignIn } from './sign-in.tsx';

/** Nothing is shown before it is known who looks. The address stays, so that one lands where one wanted to go. */
export function Gate() {
  const { session, error } = useSession();
  const end = useSessionEnd();
  if (error !== null && error !== undefined && session === undefined) return <ErrorNotice error={error} />;
  if (session === undefined)
    return (
      <Center h="100vh">
        <Loader size="sm" role="status" aria-label="Loading" />
      </Center>
    );
  return session === null ? <SignIn end={end} /> : <Shell session={session} />;
}
