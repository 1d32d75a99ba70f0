import { SimpleGrid, Stack } from '@mantine/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { sentenceOf } from '../../api/api-error.ts';
import { useMay } from '../../api/session.ts';
import { shellWord } from '../../ui/commands.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { type Answer, AnswerPanel } from './answer-panel.tsx';
import { FrameList } from './frame-list.tsx';
import { type Parcel, PublishPanel } from './publish-panel.tsx';
import { listOf, mintBodyOf, payloadOf, type Rights, USUAL_RIGHTS } from './rights.ts';
import { RightsForm } from './rights-form.tsx';
import { SessionBar } from './session-bar.tsx';
import { TestSession } from './test-session.ts';
import { TopicsPanel } from './topics-panel.tsx';

const HISTORY_LIMIT = 20;

export function Screen() {
  if (useMay('admin')) return <TestClient />;
  return (
    <ScreenFrame title="Test client" equivalents={[]}>
      <Notice title="Only for administrators" detail="The test client connects as any user: ask somebody with the role admin." />
    </ScreenFrame>
  );
}

/** A client of our own package in this page: connects as any user, and shows what crosses the wire. Ends when one leaves. */
function TestClient() {
  const [url, change] = useUrlState({ ...USUAL_RIGHTS, topic: '' });
  const { topic, ...rights } = url;
  const [session] = useState(() => new TestSession());
  const view = useSyncExternalStore(session.listen, session.current);
  const [answer, setAnswer] = useState<Answer>();
  useEffect(() => () => session.end(), [session]);
  const connect = (wanted: Rights) => {
    change({ ...wanted });
    setAnswer(undefined);
    session.connect(wanted);
  };
  const ask = async (what: string, call: () => Promise<unknown>) => {
    const began = performance.now();
    try {
      const value = await call();
      setAnswer({ what, tookMs: performance.now() - began, value });
    } catch (error) {
      setAnswer({ what, tookMs: performance.now() - began, problem: sentenceOf(error) });
    }
  };
  const publish = ({ to, name, action, payload }: Parcel) => {
    const target = name.trim();
    const options = action.trim() === '' ? {} : { action: action.trim() };
    void ask(`Published to ${target}`, () =>
      to === 'topic'
        ? session.open.publish(target, payloadOf(payload), options)
        : session.open.sendToUser(target, payloadOf(payload), options),
    );
  };
  const enabled = view.state === 'open';
  return (
    <ScreenFrame
      title="Test client"
      about="Connects from this page as any user, through our own client package. It ends when you leave the page."
      equivalents={[
        {
          path: 'auth/tokens',
          method: 'POST',
          body: mintBodyOf({ ...rights, user: rights.user || 'test-alice' }),
          cli: tokenCommand(rights),
        },
        ...(topic === '' ? [] : [{ path: `topics/${encodeURIComponent(topic)}/messages`, query: { limit: HISTORY_LIMIT } }]),
      ]}
    >
      <RightsForm rights={rights} onConnect={connect} connected={enabled} />
      <SessionBar view={view} session={session} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Stack gap="md">
          <TopicsPanel
            session={session}
            topics={view.topics}
            enabled={enabled}
            topic={topic}
            onTopic={(chosen) => change({ topic: chosen })}
            onAsk={(what, of) =>
              void (what === 'history'
                ? ask(`History of ${of}`, () => session.open.history(of, { limit: HISTORY_LIMIT }))
                : ask(`Who is in ${of}`, () => session.open.presence(of)))
            }
          />
          <PublishPanel enabled={enabled} topic={topic} onPublish={publish} />
          {answer !== undefined && <AnswerPanel answer={answer} />}
        </Stack>
        <FrameList frames={view.frames} onClear={() => session.clear()} />
      </SimpleGrid>
    </ScreenFrame>
  );
}

function tokenCommand({ user, subscribe, publish, send, broadcast, roles }: Rights): string {
  const lists = Object.entries({ subscribe, publish, 'send-to': send, role: roles }).flatMap(([name, text]) => {
    const words = listOf(text);
    return words.length === 0 ? [] : [`--${name} ${words.map(shellWord).join(' ')}`];
  });
  return ['waybill token', `--user=${shellWord(user || 'test-alice')}`, ...lists, ...(broadcast === '' ? [] : ['--broadcast'])].join(' ');
}
