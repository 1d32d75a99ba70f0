import { count } from '../../ui/format.ts';
import type { Tone } from '../../ui/status.tsx';
import { OUTCOME_WORDS, OUTCOMES, type Outcome } from './outcome.ts';
import type { MessageFate, Totals, Waybill } from './waybill-answer.ts';

export interface Verdict {
  readonly tone: Tone;
  readonly headline: string;
  /** What to know of it, and what to do. */
  readonly detail?: string;
}

const FATES: Readonly<Record<MessageFate, { readonly label: string; readonly tone: Tone; readonly means: string } | undefined>> = {
  stored: undefined,
  erased: {
    label: 'payload erased',
    tone: 'quiet',
    means: 'Its payload was erased, with that of whoever published it. Where it went is still on record.',
  },
  expired: {
    label: 'past retention',
    tone: 'quiet',
    means: 'The message is past its retention and cannot be had again. What was recorded of its recipients is still here.',
  },
  not_buffered: {
    label: 'no longer buffered',
    tone: 'quiet',
    means:
      'This topic is ephemeral: messages stand in a buffer in memory, and this one has left it. What was recorded of its recipients is still here.',
  },
  earlier_epoch: {
    label: 'of an earlier epoch',
    tone: 'quiet',
    means:
      'The topic was deleted or began anew since, and its messages went with its earlier life. What was recorded of this one’s recipients is still here.',
  },
};

/** A word and a sentence for what became of the message itself; undefined where it is simply there. */
export function fateOf(state: MessageFate) {
  return FATES[state];
}

/** `fetched` counts users, whatever else became of it for them: it stands beside the others, not among them. */
const OWED: readonly Outcome[] = OUTCOMES.filter((outcome) => outcome !== 'fetched');
const GIVEN: readonly Outcome[] = ['acked', 'written'];
const WAITING: readonly Outcome[] = ['queued', 'pending'];
const FAILED: readonly Outcome[] = ['dropped', 'not_written', 'not_subscribed'];

/** The answer in one line: how many were owed the message, and how it went. */
export function verdictOf({ totals, totals_missing: missing, ledger, nodes }: Waybill): Verdict {
  if (totals === null)
    return {
      tone: 'quiet',
      headline: 'Too many recipients to count',
      detail: `${capital(missing ?? 'the count took longer than one statement may')}.`,
    };
  const fetched = totals.fetched ?? 0;
  const read = fetched === 0 ? '' : `${count(fetched)} ${fetched === 1 ? 'user' : 'users'} read it from history.`;
  const owed = sum(totals, OWED);
  if (owed === 0)
    return fetched > 0
      ? { tone: 'good', headline: 'Read from history', detail: `Nobody was subscribed when it was published. ${read}` }
      : nobody(ledger, nodes.length);
  const given = sum(totals, GIVEN);
  if (given === owed)
    return {
      tone: 'good',
      headline: owed === 1 ? 'Given to the one subscription it was owed to' : `Given to all ${count(owed)} subscriptions`,
      detail: joined(acknowledged(totals, owed), read),
    };
  if (totals.not_subscribed === owed)
    return {
      tone: 'warn',
      headline: 'Given to nobody: its user was not subscribed',
      detail: joined('It waits in history for their next connection, while it is kept there.', read),
    };
  const others = OWED.filter((outcome) => !GIVEN.includes(outcome) && (totals[outcome] ?? 0) > 0);
  const listed = others.map((outcome) => `${count(totals[outcome])} ${OUTCOME_WORDS[outcome].label}`).join(', ');
  return {
    tone: sum(totals, FAILED) > 0 ? 'bad' : sum(totals, WAITING) > 0 ? 'warn' : 'quiet',
    headline: `Given to ${count(given)} of ${count(owed)} subscriptions`,
    detail: joined(`${listed}.`, read, 'Choose an outcome below to see who.'),
  };
}

function nobody(ledger: Waybill['ledger'], nodes: number): Verdict {
  if (ledger === 'off')
    return {
      tone: 'quiet',
      headline: 'Nothing is recorded of its recipients',
      detail: 'The ledger is off for this namespace. Set its ledger to “receipts” to record who is given messages from then on.',
    };
  return {
    tone: 'quiet',
    headline: 'Owed to nobody',
    detail:
      nodes === 0
        ? 'No node followed the topic when it was published, and nobody read it since.'
        : 'Nobody was subscribed when it was published, and nobody read it since.',
  };
}

function acknowledged(totals: Totals, all: number): string {
  const acked = totals.acked ?? 0;
  if (acked === all) return 'Every one of them acknowledged it.';
  if (acked === 0) return 'No client acknowledged it, so it is not known whether it was processed.';
  return `${count(acked)} acknowledged it; of the others it is only known that it left this service.`;
}

export function sum(totals: Totals, outcomes: readonly Outcome[]): number {
  return outcomes.reduce((all, outcome) => all + (totals[outcome] ?? 0), 0);
}

/** Whether another look may show something else. */
export function isSettled({ totals, recipients, position }: Waybill): boolean {
  if (position.state !== 'stored') return true;
  if (totals !== null && sum(totals, WAITING) > 0) return false;
  return !recipients.some(({ reason }) => reason === 'not_recorded_yet');
}

function joined(...sentences: readonly string[]): string {
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
