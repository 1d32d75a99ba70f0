import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError } from './api-error.ts';
import { get, send } from './request.ts';
import { onSignedOut, rememberCsrfToken, type SessionEnd, signedOut } from './session-state.ts';

export type Role = 'viewer' | 'operator' | 'admin';

/** Who is signed in. Times in milliseconds since the epoch. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  readonly csrf_token: string;
  readonly expires_at: number;
  /** When it ends if nothing is asked for until then. */
  readonly idle_at: number;
}

const KEY = ['session'];
const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Why the session ended, where it was not by signing out. Used once: by what stands in the place of the screens then. */
export function useSessionEnd(): SessionEnd | undefined {
  const queries = useQueryClient();
  const [end, setEnd] = useState<SessionEnd>();
  const { session } = useSession();
  useEffect(
    () =>
      onSignedOut((why) => {
        setEnd(why);
        // The next operator may see less: nothing of what this one was shown stays in memory.
        queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
        queries.setQueryData(KEY, null);
      }),
    [queries],
  );
  useEffect(() => {
    if (session !== null && session !== undefined) setEnd(undefined);
  }, [session]);
  return end;
}

/** `null`: nobody is signed in. Undefined while it is not known. */
export function useSession(): { readonly session: Session | null | undefined; readonly error: unknown } {
  const { data, error } = useQuery({ queryKey: KEY, queryFn: readSession, staleTime: Infinity, refetchOnWindowFocus: false });
  return { session: data, error };
}

async function readSession(): Promise<Session | null> {
  try {
    return remembered(await get<Session>('ops/session'));
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}

function remembered(session: Session): Session {
  rememberCsrfToken(session.csrf_token);
  return session;
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (body: { readonly name: string; readonly password: string }) =>
      remembered(await send<Session>('POST', 'ops/session', body)),
    onSuccess: (session) => queries.setQueryData(KEY, session),
  });
}

export function useSignOut() {
  return useMutation({
    mutationFn: () => send<unknown>('DELETE', 'ops/session'),
    // Whatever the gateway said: who signs out sees nothing any more.
    onSettled: () => signedOut(),
  });
}

/** Changes the own password: every other session of the account ends. */
export function useChangePassword() {
  const queries = useQueryClient();
  return async (password: string, next: string): Promise<void> => {
    const session = await send<Session>('POST', 'ops/session/password', { password, new_password: next });
    queries.setQueryData(KEY, remembered(session));
  };
}

/** Asks who is signed in, which counts as a use of the session. */
export function useTouchSession() {
  const queries = useQueryClient();
  return async (): Promise<void> => {
    queries.setQueryData(KEY, await readSession());
  };
}

/** Whether the operator has at least this role. What one may not do is not shown. */
export function useMay(role: Role): boolean {
  const { session } = useSession();
  return session !== null && session !== undefined && RANK[session.role] >= RANK[role];
}
