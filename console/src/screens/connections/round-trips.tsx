import { Text } from '@mantine/core';
import { duration } from '../../ui/format.ts';
import { Panel } from '../../ui/panel.tsx';
import { TimeChart } from '../../ui/time-chart.tsx';
import type { FlightEvent } from './connection-item.ts';
import { roundTripsOf } from './flight-words.ts';

/** How long pings took, as the flight recorder kept them. */
export function RoundTrips({ events, latest }: { readonly events: readonly FlightEvent[]; readonly latest: number | undefined }) {
  const { times, values } = roundTripsOf(events);
  return (
    <Panel title="Round trips" about={latest === undefined ? 'No ping has come back yet.' : `The last one took ${duration(latest)}.`}>
      {times.length < 2 ? (
        <Text size="sm" className="quiet">
          A chart appears with the second ping.
        </Text>
      ) : (
        <TimeChart
          label="Round trip times"
          times={times}
          lines={[{ name: 'Round trip', values }]}
          height={120}
          format={(ms) => duration(ms)}
        />
      )}
    </Panel>
  );
}
