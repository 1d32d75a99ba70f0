import { Tooltip } from '@mantine/core';
import { useNow, useTimeZoneChoice } from './clock.tsx';
import { dateTime, duration, NOTHING } from './format.ts';

interface TimeProps {
  /** Milliseconds since the epoch. */
  readonly at: number | null | undefined;
  readonly milliseconds?: boolean;
}

/** A time as the reader chose to see it; the other one, and how long ago, when pointed at. */
export function Time({ at, milliseconds = false }: TimeProps) {
  const { zone } = useTimeZoneChoice();
  if (at === null || at === undefined) return <span className="quiet">{NOTHING}</span>;
  const other = zone === 'utc' ? 'local' : 'utc';
  return (
    <Tooltip label={`${dateTime(at, other, true)} ${other === 'utc' ? 'UTC' : 'local'}`} openDelay={300}>
      <time className="tabular" dateTime={new Date(at).toISOString()}>
        {dateTime(at, zone, milliseconds)}
        {zone === 'utc' ? ' UTC' : ''}
      </time>
    </Tooltip>
  );
}

/** How long ago; the time itself when pointed at. */
export function Ago({ at }: { readonly at: number | null | undefined }) {
  const now = useNow();
  const { zone } = useTimeZoneChoice();
  if (at === null || at === undefined) return <span className="quiet">{NOTHING}</span>;
  const age = now - at;
  return (
    <Tooltip label={`${dateTime(at, zone)}${zone === 'utc' ? ' UTC' : ' local'}`} openDelay={300}>
      <time className="tabular" dateTime={new Date(at).toISOString()}>
        {age < 1_000 ? 'now' : `${duration(Math.floor(age / 1_000) * 1_000)} ago`}
      </time>
    </Tooltip>
  );
}
