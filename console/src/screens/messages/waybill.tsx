import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { Link, useParams } from 'react-router';
import { useGet } from '../../api/list.ts';
import { shellWord } from '../../ui/commands.tsx';
import { Copyable } from '../../ui/copy.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { Journey } from './journey.tsx';
import { OutcomeBar } from './outcome-bar.tsx';
import { outcomeLabel } from './outcome.ts';
import { Payload } from './payload.tsx';
import { Neighbours } from './neighbours.tsx';
import { explainPage, type Place, topicPage } from './places.ts';
import { Recipients } from './recipients.tsx';
import { fateOf, isSettled, verdictOf } from './verdict.ts';
import { VerdictLine } from './verdict-line.tsx';
import { WaybillSkeleton } from './waybill-skeleton.tsx';
import type { Waybill } from './waybill-answer.ts';

const REFRESH_MS = 3_000;
const PAGE = 50;

/** Q3, Q4, Q11 and Q12: the record of one message. */
export function Screen() {
  const { topic = '', seq = '' } = useParams();
  const [url, change] = useUrlState({ epoch: '', outcome: '', user: '', cursor: '' });
  const path = `ops/topics/${encodeURIComponent(topic)}/messages/${encodeURIComponent(seq)}/waybill`;
  const query = { epoch: url.epoch, outcome: url.outcome, user: url.user, cursor: url.cursor };
  // The first look says whether another may show more.
  const first = useGet<Waybill>(path, { ...query, limit: PAGE });
  const settled = first.data === undefined || url.cursor !== '' || isSettled(first.data);
  const { data, error, refetch } = useGet<Waybill>(path, { ...query, limit: PAGE }, { refresh: settled ? false : REFRESH_MS });
  const place: Place = { topic, seq: Number(seq), ...(url.epoch === '' ? {} : { epoch: url.epoch }) };
  const filters = `${url.outcome === '' ? '' : ` --outcome ${url.outcome}`}${url.user === '' ? '' : ` --user ${shellWord(url.user)}`}`;
  const cli = `waybill message --topic ${shellWord(topic)} --seq ${seq}${url.epoch === '' ? '' : ` --epoch ${shellWord(url.epoch)}`}${filters}`;
  return (
    <ScreenFrame
      title={`${topic} #${seq}`}
      about="Who published it, where it is stored, who was owed it, and what became of it at each of them."
      asOf={data?.as_of}
      missing={data?.missing}
      equivalents={[{ path, query, cli }]}
      actions={<Neighbours place={place} head={data?.position.head} />}
    >
      {error !== null && data === undefined && (
        <Group>
          <ErrorNotice error={error} onRetry={() => void refetch()} />
          <Button component={Link} to={topicPage(topic)} size="xs" variant="default">
            Look at the topic
          </Button>
        </Group>
      )}
      {data === undefined && error === null && <WaybillSkeleton />}
      {data !== undefined && (
        <Stack gap="lg">
          <VerdictLine verdict={verdictOf(data)} fate={fateOf(data.position.state)} />
          <Panel>
            <Journey waybill={data} />
          </Panel>
          {data.message !== null && <MessageFacts waybill={data} path={path} epoch={url.epoch} />}
          <Panel title="Recipients" about="One line for each connection. A line leads to why it went so.">
            <Stack gap="md">
              {data.totals !== null && Object.keys(data.totals).length > 0 && (
                <OutcomeBar totals={data.totals} chosen={url.outcome} onChoose={(outcome) => change({ outcome, cursor: '' })} />
              )}
              <Group gap="md" align="flex-end">
                <FilterBar
                  filters={[{ name: 'user', label: 'User', placeholder: 'their id, in full', width: 260 }]}
                  values={{ user: url.user }}
                  onChange={({ user }) => change({ user: user ?? '', cursor: '' })}
                />
                {url.user !== '' && (
                  <Anchor component={Link} to={explainPage(url.user, place)} size="sm" pb={5} className="breakable">
                    Why {url.user} got it, or not
                  </Anchor>
                )}
              </Group>
              <Recipients
                place={place}
                acceptedAt={data.origin?.accepted_at}
                rows={data.recipients}
                error={error}
                empty={emptyOf(data, url)}
                onNext={data.next === undefined ? undefined : () => change({ cursor: data.next ?? '' })}
                onFirst={url.cursor === '' ? undefined : () => change({ cursor: '' })}
              />
            </Stack>
          </Panel>
        </Stack>
      )}
    </ScreenFrame>
  );
}

function emptyOf(waybill: Waybill, { outcome, user }: Readonly<Record<'outcome' | 'user', string>>) {
  if (user !== '')
    return {
      title: `Nothing is recorded of ${user} and this message`,
      detail: 'Explain it to find out why: they may not have been subscribed, or never been seen.',
    };
  if (outcome !== '')
    return {
      title: `Nobody on this page is “${outcomeLabel(outcome)}”`,
      detail: 'It may have changed since. Show all, or go to the next page.',
    };
  const { headline, detail } = verdictOf(waybill);
  return { title: headline, ...(detail === undefined ? {} : { detail }) };
}

function MessageFacts({ waybill, path, epoch }: { readonly waybill: Waybill; readonly path: string; readonly epoch: string }) {
  const { message } = waybill;
  if (message === null) return null;
  return (
    <Group gap="lg" align="center">
      <Text size="sm" component="div">
        <span className="quiet">msg_id </span>
        <Copyable text={message.msg_id} what="msg_id" />
      </Text>
      <Payload path={path} epoch={epoch} bytes={message.bytes} erased={message.erased === true} />
    </Group>
  );
}
