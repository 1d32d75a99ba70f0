import { Anchor, ScrollArea } from '@mantine/core';
import { memo } from 'react';
import { Link } from 'react-router';
import { useTimeZoneChoice } from '../../ui/clock.tsx';
import { dateTime } from '../../ui/format.ts';
import { Notice } from '../../ui/notice.tsx';
import { connectionPage, tracePage, waybillPage } from '../messages/places.ts';
import classes from './event-list.module.css';
import { eventWords } from './event-words.ts';
import { eventTone, type ProbeEvent } from './probe.ts';

/** Lines that are drawn: more nobody reads while they move. */
const MOST_DRAWN = 300;
const TIME_OF_DAY = 11;

/** Newest first. */
export function EventList({
  events,
  waiting,
  filtered,
}: {
  readonly events: readonly ProbeEvent[];
  readonly waiting: boolean;
  readonly filtered: boolean;
}) {
  const { zone } = useTimeZoneChoice();
  if (events.length === 0)
    return (
      <Notice
        title={filtered ? 'No event fits the filter' : waiting ? 'Nothing has happened yet' : 'It saw nothing'}
        detail={filtered ? 'Clear it to see all.' : 'What they do, and what they are given, appears here as it happens.'}
      />
    );
  return (
    <ScrollArea h="calc(100vh - 240px)" mih={320} type="auto">
      <ol className={classes['events']} aria-label="Events, newest first">
        {events
          .slice(-MOST_DRAWN)
          .toReversed()
          .map((event) => (
            <Line key={event.n} event={event} zone={zone} />
          ))}
      </ol>
    </ScrollArea>
  );
}

const Line = memo(function Line({ event, zone }: { readonly event: ProbeEvent; readonly zone: 'local' | 'utc' }) {
  const { at, user, ref, connection_id: connection, trace_id: trace, payload, payload_cut: cut } = event;
  return (
    <li className={classes['event']} data-tone={eventTone(event)}>
      <time className="mono quiet" dateTime={new Date(at).toISOString()}>
        {dateTime(at, zone, true).slice(TIME_OF_DAY)}
      </time>
      <span className={`${classes['who'] ?? ''} breakable`}>
        {user}{' '}
        {ref !== undefined && connection !== undefined && (
          <Anchor component={Link} to={connectionPage(connection)} inherit className="mono">
            {ref}
          </Anchor>
        )}
      </span>
      <span className="breakable">
        {eventWords(event)}
        {payload !== undefined && (
          <span className={`${classes['payload'] ?? ''} mono`}>
            {payload}
            {cut === true && ' …'}
          </span>
        )}
      </span>
      <span className={classes['links']}>
        {event.topic !== undefined && event.seq !== undefined && (
          <Anchor component={Link} to={waybillPage({ topic: event.topic, seq: event.seq, ...epochOf(event) })} inherit>
            waybill
          </Anchor>
        )}
        {trace !== undefined && (
          <Anchor component={Link} to={tracePage(trace)} inherit>
            trace
          </Anchor>
        )}
      </span>
    </li>
  );
});

function epochOf({ epoch }: ProbeEvent): { readonly epoch?: string } {
  return epoch === undefined ? {} : { epoch };
}
