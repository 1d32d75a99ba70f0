import { Tooltip } from '@mantine/core';
import { useTimeZoneChoice } from '../../ui/clock.tsx';
import { dateTime, duration, NOTHING } from '../../ui/format.ts';
import { tells } from './stages.ts';
import type { Recipient } from './waybill-answer.ts';

/** When the recipient was given it, as exactly as it is known, and when they said so. */
export function WhenGiven({ recipient, acceptedAt }: { readonly recipient: Recipient; readonly acceptedAt: number | undefined }) {
  const { zone } = useTimeZoneChoice();
  const { written_between: span, acked_by: acked, fetched_at: fetched, closed_at: closed } = recipient;
  const at = (time: number) => dateTime(time, zone, true);
  if (fetched !== undefined) return <Moment main={at(fetched).slice(11)} label={`read from history at ${at(fetched)}`} />;
  if (span === undefined)
    return closed === undefined ? (
      <span className="quiet">{NOTHING}</span>
    ) : (
      <Moment main={`ended ${at(closed).slice(11)}`} label={`the subscription ended at ${at(closed)}`} quiet />
    );
  const [from, to] = span;
  const label = `written between ${at(from)} and ${at(to)}${acked === undefined ? '' : `; acknowledged by ${at(acked)}`}`;
  const isLive = recipient.how === 'live' && acceptedAt !== undefined && tells(span);
  const main = isLive ? `within ${duration(Math.max(1, to - acceptedAt))}` : `by ${at(to).slice(11)}`;
  return <Moment main={main} label={label} />;
}

function Moment({ main, label, quiet = false }: { readonly main: string; readonly label: string; readonly quiet?: boolean }) {
  return (
    <Tooltip label={label} multiline maw={320} openDelay={200}>
      <span className={quiet ? 'quiet' : ''}>
        <span className="tabular">{main}</span>
      </span>
    </Tooltip>
  );
}
