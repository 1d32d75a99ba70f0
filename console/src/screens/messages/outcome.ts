import type { Tone } from '../../ui/status.tsx';

/** As REST names them; docs/waybills.md says what each means. */
export const OUTCOMES = [
  'acked',
  'written',
  'fetched',
  'queued',
  'pending',
  'unconfirmed',
  'unknown',
  'not_subscribed',
  'dropped',
  'not_written',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

interface OutcomeWords {
  readonly label: string;
  readonly tone: Tone;
  /** What it says, and what it does not. */
  readonly means: string;
}

/** In the order of a bar: what surely arrived at the left, what surely did not at the right. */
export const OUTCOME_WORDS: Readonly<Record<Outcome, OutcomeWords>> = {
  acked: { label: 'acknowledged', tone: 'good', means: 'The client said that it had this message.' },
  written: {
    label: 'written',
    tone: 'good',
    means: 'Handed to the kernel of the node. Only an acknowledgement would say that it arrived.',
  },
  fetched: { label: 'fetched', tone: 'good', means: 'Read from history, by REST or on a connection.' },
  queued: { label: 'queued', tone: 'warn', means: 'Waits in the node for a client that reads too slowly.' },
  pending: { label: 'pending', tone: 'warn', means: 'About to be offered to the connection.' },
  unconfirmed: {
    label: 'unconfirmed',
    tone: 'quiet',
    means: 'It was in the socket when the connection ended. Whether it arrived is not known.',
  },
  unknown: { label: 'unknown', tone: 'quiet', means: 'The record is missing, and the reason says why. It may have arrived or not.' },
  not_subscribed: {
    label: 'not subscribed',
    tone: 'quiet',
    means: 'No connection of the user was subscribed, and they did not read it later.',
  },
  dropped: { label: 'dropped', tone: 'bad', means: 'Not given to the connection, whose client was told of the gap.' },
  not_written: {
    label: 'not written',
    tone: 'bad',
    means: 'The connection ended before it was written. The user may have caught up on another one.',
  },
};

const REASONS: Readonly<Record<string, string>> = {
  slow_consumer: 'its client read too slowly, and the slow policy of the namespace drops then',
  retention: 'past its retention when it was to be given',
  buffer: 'in no buffer any more when it was to be given',
  lost: 'could not be read from the log',
  reset: 'the topic began a new epoch',
  unknown: 'more gaps than are recorded one by one',
  node_lost: 'its node was lost, with what it had not recorded yet',
  not_recorded_yet: 'its node has not recorded so far yet; ask again in some seconds',
};

export function isOutcome(text: string): text is Outcome {
  return (OUTCOMES as readonly string[]).includes(text);
}

/** The word for an outcome; one that this page does not know is shown as it came. */
export function outcomeLabel(outcome: string): string {
  return isOutcome(outcome) ? OUTCOME_WORDS[outcome].label : outcome.replaceAll('_', ' ');
}

export function outcomeTone(outcome: string): Tone {
  return isOutcome(outcome) ? OUTCOME_WORDS[outcome].tone : 'quiet';
}

export function reasonWords(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : (REASONS[reason] ?? reason.replaceAll('_', ' '));
}
