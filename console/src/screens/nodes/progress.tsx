import { Progress as Bar, Text } from '@mantine/core';
import { Facts } from '../../ui/facts.tsx';
import { count } from '../../ui/format.ts';
import { Time } from '../../ui/time.tsx';
import { doneShare, type DrainProgress } from './node-view.ts';

const SENTENCES: Readonly<Record<DrainProgress['state'], string>> = {
  running: 'Connections are being sent elsewhere.',
  drained: 'The node is empty and lets nobody in. Stop it, or take it back.',
  stopping: 'The node is emptied because its process ends.',
  cancelled: 'The node was taken back.',
};

/** How far a drain is. */
export function Progress({ drain }: { readonly drain: DrainProgress }) {
  const {
    state,
    by,
    started_at: started,
    deadline_at: deadline,
    connections,
    closed,
    left,
    cut_off: cut,
    publishes_under_way: publishes,
  } = drain;
  return (
    <>
      <Text size="sm" fw={500} role="status" data-state={state}>
        {SENTENCES[state]}
      </Text>
      <Bar value={doneShare(drain) * 100} size="lg" aria-label="Connections that have gone" transitionDuration={0} />
      <Facts
        of={[
          ['Gone', `${count(closed)} of ${count(connections)}`],
          ['Left', count(left)],
          ['Cut off at the deadline', count(cut)],
          ['Publishes under way', count(publishes)],
          ['Begun', <Time key="begun" at={started} />],
          ['Deadline', <Time key="deadline" at={deadline} />],
          ['By', by ?? 'the end of the process'],
        ]}
      />
    </>
  );
}
