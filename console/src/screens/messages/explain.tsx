import { Stack } from '@mantine/core';
import { shellWord } from '../../ui/commands.tsx';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { Notice } from '../../ui/notice.tsx';
import { ScreenFrame } from '../../ui/screen.tsx';
import { useUrlState } from '../../ui/url-state.ts';
import { ExplanationView } from './explanation-view.tsx';
import { WouldReceive } from './would-receive.tsx';

/** Q3 and Q5: why somebody got a message, or did not; without a position, whether they would get one now. */
export function Screen() {
  const [url, change] = useUrlState({ user: '', topic: '', seq: '', epoch: '', msg_id: '', publisher: '', cursor: '' });
  const { cursor: _cursor, ...query } = url;
  const isAsked = url.user !== '' && (url.topic !== '' || url.msg_id !== '');
  const isNow = url.topic !== '' && url.seq === '' && url.msg_id === '';
  return (
    <ScreenFrame
      title="Why did they get it, or not?"
      name="Explain"
      about="Follows one message to one user, decision by decision. Without a position: whether they would get what is published now."
      equivalents={isAsked ? [{ path: 'ops/explain', query, cli: whyCommand(url) }] : isNow ? [recipientsEquivalent(url.topic)] : []}
    >
      <FilterBar
        filters={[
          { name: 'user', label: 'User', placeholder: 'alice', width: 190 },
          { name: 'topic', label: 'Topic', placeholder: 'orders.42 or $user.alice', width: 230 },
          { name: 'seq', label: 'Position', placeholder: 'now', width: 90 },
          { name: 'epoch', label: 'Epoch', placeholder: 'the present one', width: 130 },
          { name: 'msg_id', label: 'or msg_id', placeholder: 'instead of a position', width: 230 },
          ...(url.msg_id === '' ? [] : [{ name: 'publisher', label: 'Publisher', placeholder: 'where several have it', width: 170 }]),
        ]}
        values={query}
        onChange={(values) => change({ ...values, cursor: '' })}
      />
      <Stack gap="lg">
        {isAsked && <ExplanationView query={query} />}
        {!isAsked && !isNow && (
          <Notice
            title="Name a user and a topic"
            detail="With a position: what became of that message. Without: whether they receive the topic now. A topic alone shows everybody who would."
          />
        )}
        {isNow && <WouldReceive topic={url.topic} />}
      </Stack>
    </ScreenFrame>
  );
}

function whyCommand({ user, topic, seq, epoch, msg_id: msgId, publisher }: Readonly<Record<string, string>>): string {
  const options = { user, topic, seq, epoch, message: msgId, publisher };
  const given = Object.entries(options).filter((option): option is [string, string] => option[1] !== undefined && option[1] !== '');
  return ['waybill why', ...given.map(([name, value]) => `--${name} ${shellWord(value)}`)].join(' ');
}

function recipientsEquivalent(topic: string) {
  return { path: 'ops/recipients', query: { topic }, cli: `waybill recipients ${shellWord(topic)}` };
}
