import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { endLive } from '../live/live-client.ts';
import { ApiError } from './api-error.ts';
import { get, send } from './request.ts';
import { onSignedOut, rememberCsrfToken } from './session-state.ts';

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

/** `null`: nobody is signed in. Undefined while it is not known. */
export function useSession(): { readonly session: Session | null | undefined; readonly error: unknown } {
  const queries = useQueryClient();
  useEffect(() => onSignedOut(() => queries.setQueryData(KEY, null)), [queries]);
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
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => send<unknown>('DELETE', 'ops/session'),
    // Whatever the gateway said: who signs out sees nothing any more.
    onSettled: () => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
      queries.setQueryData(KEY, null);
      endLive();
    },
  });
}

/** Whether the operator has at least this role. What one may not do is not shown. */
export function useMay(role: Role): boolean {
  const { session } = useSession();
  return session !== null && session !== undefined && RANK[session.role] >= RANK[role];
}
