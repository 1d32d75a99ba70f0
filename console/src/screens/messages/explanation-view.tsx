import { Anchor, Group, Skeleton, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useGet } from '../../api/list.ts';
import { MissingNodes } from '../../ui/missing-nodes.tsx';
import type { Query } from '../../api/request.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { Status } from '../../ui/status.tsx';
import { Ago } from '../../ui/time.tsx';
import { Chain } from './chain.tsx';
import { type Explanation, outcomeOf, whatToDo } from './explanation.ts';
import { topicPage, waybillPage } from './places.ts';
import classes from './verdict-line.module.css';

/** What is on its way is looked at again. */
const REFRESH_MS = 3_000;
const MOVING = new Set(['queued', 'pending']);

/** The answer in a sentence, what to do, and the chain that led to it. */
export function ExplanationView({ query }: { readonly query: Query }) {
  const first = useGet<Explanation>('ops/explain', query);
  const moves = first.data !== undefined && MOVING.has(first.data.outcome);
  const { data, error, refetch } = useGet<Explanation>('ops/explain', query, { refresh: moves ? REFRESH_MS : false });
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined)
    return (
      <Stack role="status" aria-label="Loading">
        <Skeleton height={64} />
        <Skeleton height={360} />
      </Stack>
    );
  const { label, tone } = outcomeOf(data);
  return (
    <Stack gap="lg">
      <MissingNodes missing={data.missing} />
      <div className={classes['verdict']} data-tone={tone} role="status">
        <Group gap="xs" mb={6}>
          <Status tone={tone}>{label}</Status>
          <Text size="sm" className="quiet">
            <b className="breakable">{data.user}</b> and <Subject explanation={data} />, <Ago at={data.as_of} />
          </Text>
        </Group>
        <Text size="lg" lh={1.5} maw={860} className="breakable" data-testid="answer">
          {data.answer}
        </Text>
        <NextStep explanation={data} />
      </div>
      <Panel title="How it is known">
        <Chain steps={data.steps} user={data.user} />
      </Panel>
    </Stack>
  );
}

function Subject({ explanation: { topic, seq, epoch } }: { readonly explanation: Explanation }) {
  if (seq === undefined)
    return (
      <Anchor component={Link} to={topicPage(topic)} inherit className="breakable">
        {topic}
      </Anchor>
    );
  return (
    <Anchor component={Link} to={waybillPage({ topic, seq, ...(epoch === undefined ? {} : { epoch }) })} inherit className="breakable">
      {topic} #{seq}
    </Anchor>
  );
}

function NextStep({ explanation }: { readonly explanation: Explanation }) {
  const { text, to, link } = whatToDo(explanation);
  return (
    <Text mt={8} maw={860} className="breakable" data-testid="what-to-do">
      <span className="quiet">What to do: </span>
      {text}
      {to !== undefined && (
        <>
          {' '}
          <Anchor component={Link} to={to} inherit>
            {link}
          </Anchor>
        </>
      )}
    </Text>
  );
}
