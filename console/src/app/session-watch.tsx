import { Alert, Button, Group, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { lastTouch, touch, watchTouches } from '../api/last-touch.ts';
import { send } from '../api/request.ts';
import { serverAheadMs } from '../api/server-clock.ts';
import { type Session, useTouchSession } from '../api/session.ts';
import { signedOut } from '../api/session-state.ts';
import { useNow } from '../ui/clock.tsx';
import { standingAt } from './idle.ts';

const MS_PER_S = 1_000;

/** Says two minutes before that a session ends, and ends it when nobody did anything. */
export function SessionWatch({ session }: { readonly session: Session }) {
  const now = useNow();
  const renew = useTouchSession();
  const idleMs = useIdleTime(session);
  // To open the page, or to sign in, is a touch too.
  const [openedAt] = useState(() => Date.now());
  useEffect(() => {
    touch(openedAt);
    return watchTouches();
  }, [openedAt]);
  const standing = standingAt(now, { touchedAt: Math.max(openedAt, lastTouch()), idleMs, expiresAt: session.expires_at - serverAheadMs() });
  const ended = standing.state === 'ended' ? standing.why : undefined;
  useEffect(() => {
    if (ended === undefined) return;
    // What the gateway answers changes nothing here: at its next look it does not know the session either.
    send('DELETE', 'ops/session').catch(() => undefined);
    signedOut(ended === 'idle' ? 'idle' : 'over');
  }, [ended]);
  if (standing.state !== 'ending') return null;
  return (
    <Alert color="yellow" role="alert" mb="md" title={`You will be signed out in ${clock(standing.leftMs)}`}>
      <Group justify="space-between">
        <Text size="sm">
          {standing.why === 'idle'
            ? 'Nothing was touched for a while.'
            : 'A session lasts so long at most. Sign in again then: you come back to this page.'}
        </Text>
        {standing.why === 'idle' && (
          <Button
            size="xs"
            onClick={() => {
              touch();
              void renew();
            }}
          >
            Stay signed in
          </Button>
        )}
      </Group>
    </Alert>
  );
}

/** How long a session goes on without use: the gateway says when it would end, the moment it is asked. */
function useIdleTime({ idle_at: idleAt, expires_at: expiresAt, csrf_token: which }: Session): number {
  const known = useRef({ which: '', idleMs: Infinity });
  // Where the session ends of age before it idles out, its age alone counts.
  if (known.current.which !== which)
    known.current = { which, idleMs: idleAt >= expiresAt ? Infinity : idleAt - serverAheadMs() - Date.now() };
  return known.current.idleMs;
}

function clock(leftMs: number): string {
  const seconds = Math.ceil(leftMs / MS_PER_S);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
