import { Tabs } from '@mantine/core';
import { useParams } from 'react-router';
import { useMay } from '../../api/session.ts';
import { shellWord } from '../../ui/commands.tsx';
import { Panel } from '../../ui/panel.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { DeleteTopic } from './delete-topic.tsx';
import { HistoryBrowser } from './history-browser.tsx';
import { PresencePanel } from './presence-panel.tsx';
import { PublishForm } from './publish-form.tsx';
import { Subscribers } from './subscribers.tsx';
import { TopicRates } from './topic-rates.tsx';

/** Q8, for one topic: how busy it is, who listens, what was said, and what may be done to it. */
export function Screen() {
  const { topic = '' } = useParams();
  const [{ tab }, change] = useUrlState({ tab: 'subscribers', cursor: '', before: '' });
  const mayPublish = useMay('operator');
  const mayDelete = useMay('admin');
  const path = `topics/${encodeURIComponent(topic)}`;
  return (
    <ScreenFrame
      title={topic}
      about="How busy it is, who listens, and what was said."
      equivalents={[{ path }, { path: `ops/topics/${encodeURIComponent(topic)}`, cli: `waybill topic ${shellWord(topic)}` }]}
      actions={mayDelete && !topic.startsWith('$') ? <DeleteTopic topic={topic} /> : undefined}
    >
      <TopicRates topic={topic} />
      <Tabs
        value={tab}
        onChange={(next) => change({ tab: next ?? 'subscribers', cursor: '', before: '' })}
        keepMounted={false}
        aria-label="Parts of the topic"
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="subscribers">Subscribers</Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
          <Tabs.Tab value="presence">Presence</Tabs.Tab>
          {mayPublish && <Tabs.Tab value="publish">Publish</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="subscribers">
          <Subscribers topic={topic} />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <Panel title="History">
            <HistoryBrowser topic={topic} />
          </Panel>
        </Tabs.Panel>
        <Tabs.Panel value="presence">
          <PresencePanel topic={topic} />
        </Tabs.Panel>
        {mayPublish && (
          <Tabs.Panel value="publish">
            <PublishForm topic={topic} />
          </Tabs.Panel>
        )}
      </Tabs>
    </ScreenFrame>
  );
}
