import { Alert, List, Text } from '@mantine/core';
import { Facts } from '../../ui/facts.tsx';
import { count } from '../../ui/format.ts';
import { counted } from '../../ui/words.ts';
import type { DrainForecast } from './node-view.ts';

const MOST_CLIENTS = 6;

/** What a drain that began now would do: who goes, how fast, and what they lose. */
export function Forecast({ forecast, elsewhere }: { readonly forecast: DrainForecast; readonly elsewhere: string }) {
  const { connections, takes_s: takes, closes_per_s: rate, publishes_under_way: publishes, event_streams: streams, operators } = forecast;
  const { by_client: clients, by_other_clients: others, losses } = forecast;
  const more = clients.slice(MOST_CLIENTS).reduce((sum, { connections: each }) => sum + each, others);
  return (
    <>
      <Facts
        of={[
          ['Connections that go', count(connections)],
          ['Empty after', `${count(takes)} s`],
          ['Arriving elsewhere', `${count(rate)} each second`],
          ['Publishes under way, which finish', count(publishes)],
          ['Event streams, of these', streams === 0 ? undefined : count(streams)],
          ['Consoles of operators, which go last', operators === 0 ? undefined : count(operators)],
        ]}
      />
      {clients.length > 0 && (
        <Text size="sm" className="breakable">
          <span className="quiet">By client: </span>
          {clients
            .slice(0, MOST_CLIENTS)
            .map(({ client, connections: each }) => `${client ?? 'unnamed'} ${count(each)}`)
            .join(', ')}
          {more > 0 && `, others ${count(more)}`}
        </Text>
      )}
      <Alert color="gray" py="xs">
        <Text size="sm" className="breakable">
          Elsewhere: {elsewhere}.
        </Text>
      </Alert>
      {losses.length > 0 && (
        <List size="sm" spacing={2}>
          {losses.map(({ what, connections: each, says }) => (
            <List.Item key={what}>
              {counted(each, 'connection')} {says}
            </List.Item>
          ))}
        </List>
      )}
    </>
  );
}
