import { SimpleGrid, Stack } from '@mantine/core';
import { Navigate } from 'react-router';
import { useGet } from '../../api/list.ts';
import { shellWord } from '../../ui/commands.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { ErrorNotice, Notice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { HistoryBrowser } from '../topics/history-browser.tsx';
import { CandidateTable } from './candidates.tsx';
import { MessageSearch, useMessageQuery } from './message-search.tsx';
import { waybillPage } from './places.ts';
import { PlaceForm } from './place-form.tsx';
import { isCandidates, type Candidates, type Waybill } from './waybill-answer.ts';

/** Q3, Q4 and Q12: the way to a message, by its id, by its place, or among the recent ones of a topic. */
export function Screen() {
  const [url, change] = useUrlState({ id: '', publisher: '', topic: '', from: '', to: '', by: '', cursor: '' });
  const query = { publisher: url.publisher, topic: url.id === '' ? '' : url.topic };
  const cli = `waybill message ${shellWord(url.id)}${url.publisher === '' ? '' : ` --publisher ${shellWord(url.publisher)}`}${url.topic === '' ? '' : ` --topic ${shellWord(url.topic)}`}`;
  const { query: search } = useMessageQuery(url.topic);
  const equivalents =
    url.id === ''
      ? url.topic === ''
        ? [{ path: 'ops/messages/MSG_ID/waybill', cli: 'waybill message MSG_ID' }]
        : [{ path: 'ops/messages', query: search, cli: searchCommand(search) }]
      : [{ path: `ops/messages/${encodeURIComponent(url.id)}/waybill`, query, cli }];
  return (
    <ScreenFrame
      title="Messages"
      about="Who received it, who did not, and why. Find the message by its id or by its place."
      equivalents={equivalents}
    >
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <Panel title="By its id" about="As the publisher gave it, or as the answer to the publish said it.">
            <FilterBar
              filters={[
                { name: 'id', label: 'msg_id', placeholder: '0199f3c2-77aa-…', width: 300 },
                ...(url.id === '' ? [] : [{ name: 'publisher', label: 'Publisher', placeholder: 'alice or key:shop', width: 160 }]),
              ]}
              values={{ id: url.id, publisher: url.publisher }}
              onChange={({ id, publisher }) => change({ id: id ?? '', publisher: publisher ?? '', topic: '' })}
            />
          </Panel>
          <Panel title="By its place" about="A topic and a position in it; $user.alice and $all are topics too.">
            <PlaceForm
              topic={url.id === '' ? url.topic : ''}
              onTopic={(topic) => change({ topic, id: '', publisher: '', from: '', to: '', by: '', cursor: '' })}
            />
          </Panel>
        </SimpleGrid>
        {url.id !== '' && <Found id={url.id} query={query} />}
        {url.id === '' && url.topic !== '' && (
          <>
            <Panel
              title={`Messages of ${url.topic}`}
              about="By time and publisher, newest first. What people wrote in them is not shown here."
            >
              <MessageSearch topic={url.topic} />
            </Panel>
            <Panel title="With what they say">
              <HistoryBrowser topic={url.topic} />
            </Panel>
          </>
        )}
        {url.id === '' && url.topic === '' && (
          <Notice
            title="Nothing asked yet"
            detail="Somebody who misses a message usually knows the topic, not the position: name the topic alone to see its recent messages."
          />
        )}
      </Stack>
    </ScreenFrame>
  );
}

function searchCommand({ topic, from, to, publisher }: ReturnType<typeof useMessageQuery>['query']): string {
  const moment = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
  const options = { since: moment(from), until: moment(to), publisher };
  const given = Object.entries(options).filter(([, value]) => value !== '');
  return ['waybill messages', shellWord(topic), ...given.map(([name, value]) => `--${name} ${shellWord(value)}`)].join(' ');
}

function Found({ id, query }: { readonly id: string; readonly query: { readonly publisher: string; readonly topic: string } }) {
  const { data, error, refetch } = useGet<Waybill | Candidates>(`ops/messages/${encodeURIComponent(id)}/waybill`, { ...query, limit: 1 });
  if (error !== null) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return null;
  if (isCandidates(data))
    return (
      <Panel title={`${data.candidates.length} messages have this id`} about="An id is unique for one topic and one publisher.">
        <CandidateTable candidates={data.candidates} />
      </Panel>
    );
  const { topic, seq, epoch } = data.position;
  return <Navigate to={waybillPage({ topic, seq, epoch })} replace />;
}
