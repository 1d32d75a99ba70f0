import type { Tone } from '../../ui/status.tsx';
import type { MissingNode } from '../../ui/missing-nodes.tsx';
import { outcomeLabel, outcomeTone } from './outcome.ts';

/** `GET ops/explain`. Times are milliseconds since the epoch. */
export interface Explanation {
  /** Nodes that did not answer. */
  readonly missing?: readonly MissingNode[];
  readonly user: string;
  readonly topic: string;
  readonly epoch?: string;
  readonly seq?: number;
  readonly answer: string;
  /** Of one message an outcome of its waybill; without one how it is now. */
  readonly outcome: string;
  readonly steps: readonly Step[];
  readonly as_of: number;
}

/** One link of the chain between a message and a user. */
export interface Step {
  readonly step: string;
  /** A word that a program can go by. */
  readonly result: string;
  readonly detail: string;
  readonly at?: number;
}

const TITLES: Readonly<Record<string, string>> = {
  message: 'Message',
  ledger: 'Record',
  user: 'User',
  right: 'Right to subscribe',
  connection: 'Connection',
  subscription: 'Subscription',
  node: 'Node',
  queue: 'Queue',
  write: 'Write to the socket',
  ack: 'Acknowledgement',
  catch_up: 'Read later',
};

export function stepTitle(step: string): string {
  return TITLES[step] ?? step.replaceAll('_', ' ');
}

const GOOD = new Set([
  'stored',
  'kept',
  'known',
  'allowed',
  'connected',
  'open',
  'closed',
  'passed',
  'written',
  'acked',
  'recovered',
  'fetched',
]);
const BAD = new Set(['refused', 'blocked', 'revoked', 'dropped', 'not_written', 'not_reached']);
const WARN = new Set(['lagged', 'waiting', 'away']);
const ENDS_THE_CHAIN = new Set(['connection', 'subscription']);

/** How far a link of the chain held. A word that is not known here is neither good nor bad. */
export function stepTone({ step, result }: Pick<Step, 'step' | 'result'>): Tone {
  if (step === 'node' && result === 'lost') return 'bad';
  if (step === 'user' && result === 'unknown') return 'bad';
  if (GOOD.has(result)) return 'good';
  if (BAD.has(result)) return 'bad';
  if (WARN.has(result)) return 'warn';
  // Without these the chain ends here; without an acknowledgement or a later read it does not.
  return result === 'none' && ENDS_THE_CHAIN.has(step) ? 'bad' : 'quiet';
}

const NOW: Readonly<Record<string, { readonly label: string; readonly tone: Tone }>> = {
  receives: { label: 'receives it now', tone: 'good' },
  not_subscribed: { label: 'not subscribed now', tone: 'warn' },
  refused: { label: 'may not receive it', tone: 'bad' },
  unknown: { label: 'depends on their token', tone: 'quiet' },
};

/** The outcome in a word or two, and its colour. */
export function outcomeOf({ seq, outcome }: Pick<Explanation, 'seq' | 'outcome'>): { readonly label: string; readonly tone: Tone } {
  const now = seq === undefined ? NOW[outcome] : undefined;
  return now ?? { label: outcomeLabel(outcome), tone: outcomeTone(outcome) };
}

export interface NextStep {
  readonly text: string;
  /** Page of this console. */
  readonly to?: string;
  readonly link?: string;
}

/** What to do about it. Links stand beside the sentence. */
export function whatToDo({ user, topic, seq, outcome, steps }: Explanation): NextStep {
  const result = (name: string): string | undefined => steps.find(({ step }) => step === name)?.result;
  const connections = { to: `/connections?state=all&user=${encodeURIComponent(user)}`, link: 'Their connections' };
  const refusals = { to: `/refusals?user=${encodeURIComponent(user)}`, link: 'Their refusals' };
  if (result('user') === 'unknown') return { text: 'Check how the id is spelt: nothing was ever recorded of it.', ...connections };
  if (result('user') === 'blocked')
    return { text: `${user} is blocked. Lift the block if they should be let in again.`, to: '/access', link: 'Keys and operators' };
  if (outcome === 'acked' || outcome === 'receives')
    return { text: 'Nothing. If they do not see it, look in their application: it came that far.', ...connections };
  if (outcome === 'written')
    return {
      text: 'If they do not see it, look at how that connection ended, and whether the client acknowledges what it takes.',
      ...connections,
    };
  if (outcome === 'fetched') return { text: 'Nothing: they have read it.' };
  if (result('right') === 'refused')
    return { text: `Give their token the right to ${topic}, or change the rule of its namespace.`, ...refusals };
  if (outcome === 'queued' || outcome === 'pending')
    return { text: 'Look again in some seconds. If it goes on waiting, the client is slow.', to: '/slow', link: 'Slow consumers' };
  if (outcome === 'dropped' || outcome === 'not_written')
    return {
      text: 'Their client gets it when it resumes from its last position, or reads history. If it happens again, see why it is slow.',
      to: '/slow',
      link: 'Slow consumers',
    };
  if (outcome === 'unknown' && steps.some(({ detail }) => detail.includes('not recorded'))) return { text: 'Ask again in some seconds.' };
  if (outcome === 'unknown' || outcome === 'unconfirmed')
    return {
      text: 'It cannot be known. If it matters, publish it again under the same msg_id only where your application takes repeats.',
      ...connections,
    };
  return {
    text:
      seq === undefined
        ? 'Ask why their client does not subscribe; the connection’s timeline shows what it did.'
        : 'They can still read it from history while it is kept; their client must subscribe for what comes.',
    ...connections,
  };
}
