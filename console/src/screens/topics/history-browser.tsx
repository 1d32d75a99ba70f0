import { ActionIcon, Button, Collapse, Group, Stack, Text } from '@mantine/core';
import { IconCode, IconEye } from '@tabler/icons-react';
import { useState } from 'react';
import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { useGet } from '../../api/list.ts';
import { JsonView } from '../../ui/json-view.tsx';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { Time } from '../../ui/time.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { waybillPage } from '../messages/places.ts';
import { type HistoryAnswer, type HistoryMessage, olderThan } from './history.ts';
import classes from './history-browser.module.css';

const PAGE = 20;

/** What was said, newest first. REST answers history with payloads, so it is read only when asked for: reading is on record. */
export function HistoryBrowser({ topic }: { readonly topic: string }) {
  const [asked, setAsked] = useState(false);
  if (asked) return <HistoryPages topic={topic} />;
  return (
    <Group gap="md">
      <Button size="xs" variant="default" leftSection={<IconEye size={15} />} onClick={() => setAsked(true)}>
        Read messages (audited)
      </Button>
      <Text size="xs" className="quiet">
        Messages come with what people wrote in them. The audit trail says that you read them, and so do their waybills.
      </Text>
    </Group>
  );
}

function HistoryPages({ topic }: { readonly topic: string }) {
  const [{ before }, change] = useUrlState({ before: '' });
  const path = `topics/${encodeURIComponent(topic)}`;
  // Without an end REST begins at the oldest: the newest page ends behind the head.
  const ends = useGet<{ readonly head: number }>(path);
  const end = before === '' ? (ends.data === undefined ? undefined : ends.data.head + 1) : Number(before);
  const page = useGet<HistoryAnswer>(`${path}/messages`, { before: end, limit: PAGE }, { enabled: end !== undefined });
  const { data, isFetching } = page;
  const error = page.error ?? ends.error;
  const refetch = () => (before === '' ? ends.refetch() : page.refetch());
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Notice title="Reading…" />;
  const older = olderThan(data, PAGE);
  if (data.messages.length === 0)
    return (
      <Notice
        title="No messages here"
        detail={
          data.head === 0
            ? 'Nothing was published to this topic in its present epoch. Look at how it is spelt.'
            : `Its messages up to #${data.head} are past their retention.`
        }
      />
    );
  return (
    <Stack gap={0}>
      <ul className={classes['list']} aria-label="Messages, newest first">
        {data.messages.toReversed().map((message) => (
          <Line key={message.seq} message={message} />
        ))}
      </ul>
      <Group justify="flex-end" gap="xs" mt="xs">
        <Button size="xs" variant="subtle" loading={isFetching} onClick={() => void refetch()}>
          Read again
        </Button>
        {before !== '' && (
          <Button size="xs" variant="default" onClick={() => change({ before: '' })}>
            Newest
          </Button>
        )}
        {older !== undefined && (
          <Button size="xs" variant="default" onClick={() => change({ before: String(older) })}>
            Older
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Line({ message }: { readonly message: HistoryMessage }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={classes['line']}>
      <div className={classes['head']}>
        <Anchor component={Link} to={waybillPage(message)} inherit className="tabular" aria-label={`Waybill of #${String(message.seq)}`}>
          #{message.seq}
        </Anchor>
        <Time at={message.timestamp} milliseconds />
        <span className={`${classes['action'] ?? ''} breakable`}>{message.action}</span>
        <span className={`${classes['id'] ?? ''} mono quiet`}>{message.msg_id}</span>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-expanded={open}
          aria-label={`${open ? 'Hide' : 'Show'} payload of #${String(message.seq)}`}
          onClick={() => setOpen(!open)}
        >
          <IconCode size={15} />
        </ActionIcon>
      </div>
      <Collapse expanded={open} transitionDuration={0}>
        {open && <JsonView value={message.data} />}
      </Collapse>
    </li>
  );
}
