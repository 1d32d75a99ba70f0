import { useEffect, useRef, useState } from 'react';
import { followProbe } from './probe-feed.ts';
import type { ProbeEvent } from './probe.ts';

/** Events that this page keeps; the probe itself keeps more, for the download. */
const MOST_KEPT = 2_000;
/** So often the page is drawn anew, however fast events come. */
const DRAW_MS = 250;

export interface ProbeEvents {
  readonly events: readonly ProbeEvent[];
  readonly missed: number;
  readonly live: boolean;
  readonly error: unknown;
}

const NOTHING: ProbeEvents = { events: [], missed: 0, live: false, error: undefined };

/** What a probe sees, as it comes. While `paused`, what comes is kept and not shown. */
export function useProbeEvents(id: string, paused: boolean): ProbeEvents {
  const [shown, setShown] = useState<ProbeEvents>(NOTHING);
  const now = useRef<ProbeEvents>(NOTHING);
  useEffect(() => {
    const ended = new AbortController();
    now.current = NOTHING;
    const change = (next: Partial<ProbeEvents>) => {
      now.current = { ...now.current, ...next };
    };
    followProbe(
      id,
      {
        onEvents: (events) => change({ events: [...now.current.events, ...events].slice(-MOST_KEPT) }),
        onMissed: (count) => change({ missed: now.current.missed + count }),
        onLive: (live) => change({ live }),
      },
      ended.signal,
    ).then(
      () => change({ live: false }),
      (error: unknown) => change({ live: false, error: ended.signal.aborted ? undefined : error }),
    );
    return () => ended.abort();
  }, [id]);
  useEffect(() => {
    if (paused) return;
    const timer = setInterval(() => setShown(now.current), DRAW_MS);
    return () => clearInterval(timer);
  }, [paused, id]);
  return shown;
}
