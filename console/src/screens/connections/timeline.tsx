import { SegmentedControl, Text } from '@mantine/core';
import { IconArrowsLeftRight, IconBan, IconHash, IconHourglass, IconPlug } from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { Notice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { count } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';
import type { FlightEvent } from './connection-item.ts';
import { countsOf, FLIGHT_GROUPS, type FlightGroup, GROUP_NAMES, groupOf, offsetOf, wordsOf } from './flight-words.ts';
import classes from './timeline.module.css';

const ICONS: Readonly<Record<FlightGroup, ComponentType<{ readonly size: number; readonly stroke: number }>>> = {
  life: IconPlug,
  topics: IconHash,
  slow: IconHourglass,
  refused: IconBan,
  pings: IconArrowsLeftRight,
};

interface TimelineProps {
  readonly events: readonly FlightEvent[];
  readonly forgotten: number;
  /** When it ended; undefined: it is open, and offsets are those to now. */
  readonly closedAt: number | undefined;
  readonly now: number;
  /** A group, or all of them. */
  readonly group: string;
  readonly onGroup: (group: string) => void;
}

/** What happened to a connection, oldest first, with the time to its end. */
export function Timeline({ events, forgotten, closedAt, now, group, onGroup }: TimelineProps) {
  const counts = countsOf(events);
  const shown = events.filter((event) => group === 'all' || groupOf(event) === group);
  const end = closedAt ?? now;
  return (
    <Panel
      title="What happened"
      about={closedAt === undefined ? 'Times before now. The newest is last.' : 'Times before the end. The end is last.'}
      actions={
        <div style={{ overflowX: 'auto', maxWidth: '100%' }}>
          <SegmentedControl
            size="xs"
            aria-label="Which events"
            value={group}
            onChange={onGroup}
            data={[
              { value: 'all', label: `All ${count(events.length)}` },
              ...FLIGHT_GROUPS.filter((each) => counts[each] > 0 || each === group).map((each) => ({
                value: each,
                label: `${GROUP_NAMES[each]} ${count(counts[each])}`,
              })),
            ]}
          />
        </div>
      }
    >
      {forgotten > 0 && (
        <Text size="xs" className="quiet">
          {count(forgotten)} older events were forgotten for these; how it was opened never is.
        </Text>
      )}
      {shown.length === 0 ? (
        <Notice title="Nothing of this kind happened" detail="Choose “All” to see the others." />
      ) : (
        <ol className={classes['list']} aria-label="Timeline">
          {shown.map((event, place) => (
            // Nothing but its place tells two events of one moment apart.
            <Event key={`${event.at} ${event.kind} ${place}`} event={event} end={end} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Event({ event, end }: { readonly event: FlightEvent; readonly end: number }) {
  const group = groupOf(event);
  const Icon = ICONS[group];
  return (
    <li className={classes['event']} data-group={group} data-kind={event.kind}>
      <span className={classes['time']}>
        <Time at={event.at} milliseconds />
      </span>
      <span className={`${classes['offset']} tabular`}>{offsetOf(event.at, end)}</span>
      <span className={classes['icon']} title={GROUP_NAMES[group]} aria-hidden>
        <Icon size={15} stroke={1.7} />
      </span>
      <span className="breakable">{wordsOf(event)}</span>
    </li>
  );
}
