import { ScrollArea } from '@mantine/core';
import { memo, useDeferredValue } from 'react';
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
const NONE: readonly ProbeEvent[] = [];

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
  // Drawn in slices between whatever else the page has to do: hundreds of lines at once would hold up who types.
  const drawn = useDeferredValue(events, NONE);
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
        {drawn
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
          <Link to={connectionPage(connection)} className={`${classes['link'] ?? ''} mono`}>
            {ref}
          </Link>
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
          <Link to={waybillPage({ topic: event.topic, seq: event.seq, ...epochOf(event) })} className={classes['link']}>
            waybill
          </Link>
        )}
        {trace !== undefined && (
          <Link to={tracePage(trace)} className={classes['link']}>
            trace
          </Link>
        )}
      </span>
    </li>
  );
});

function epochOf({ epoch }: ProbeEvent): { readonly epoch?: string } {
  return epoch === undefined ? {} : { epoch };
}
