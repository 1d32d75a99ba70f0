import { useLocalStorage } from '@mantine/hooks';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

export type ZoneChoice = 'local' | 'utc';

interface Clock {
  readonly zone: ZoneChoice;
  readonly setZone: (zone: ZoneChoice) => void;
  /** Milliseconds since the epoch, once a second: ages on one page all change at once. */
  readonly now: number;
}

const ClockContext = createContext<Clock>({ zone: 'local', setZone: () => undefined, now: Date.now() });
const TICK_MS = 1_000;

/** One clock for the page, and the choice between local times and UTC, which the browser remembers. */
export function ClockProvider({ children }: { readonly children: ReactNode }) {
  const [zone, setZone] = useLocalStorage<ZoneChoice>({ key: 'waybill.zone', defaultValue: 'local' });
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const clock = useMemo(() => ({ zone, setZone, now }), [zone, setZone, now]);
  return <ClockContext value={clock}>{children}</ClockContext>;
}

export function useNow(): number {
  return useContext(ClockContext).now;
}

export function useTimeZoneChoice(): Pick<Clock, 'zone' | 'setZone'> {
  return useContext(ClockContext);
}
