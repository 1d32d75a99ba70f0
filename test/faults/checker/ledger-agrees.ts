import { clientUsers, type ClientConnection, type ClientUser, messageKey } from './client-log.js';
import type { Evidence } from './evidence.js';
import { keyOf } from './key.js';
import type { Asked, ExplainRecord, SaidRecipient, WaybillRecord } from './ledger-record.js';
import { MessageTimes } from './message-times.js';

/** Clocks of two processes of one machine agree as well as this, and events wait as long as this to be seen. In milliseconds. */
const CLOCK_MS = 100;
/** A message that stands nowhere any more is dated by marks, less the ledger's margin of 10 s, and a start takes some seconds, too. */
const DATED_WITHIN_MS = 15_000;

/**
 * L9: the ledger agrees with what each client itself logged. Nothing that it claims may be more than is so; `unknown` and `unconfirmed`
 * claim nothing, and may be said only where something was lost, or broke.
 */
export function ledgerAgrees(evidence: Evidence): readonly string[] {
  return new LedgerJudge(evidence).violations();
}

/** What a statement is judged by. */
interface Known {
  readonly user: ClientUser;
  readonly asked: Asked;
}

const NOBODY: ClientUser = { connections: [], reads: [] };

class LedgerJudge {
  private readonly users: ReadonlyMap<string, ClientUser>;
  private readonly times: MessageTimes;
  private readonly losses: readonly number[];
  private readonly hasGap: boolean;
  private readonly wallOffset: number | undefined;

  constructor(private readonly evidence: Evidence) {
    this.users = clientUsers(evidence);
    this.times = new MessageTimes(evidence);
    this.losses = evidence.ledger.flatMap((record) => (record.kind === 'node-ended' && record.lost ? [record.at] : []));
    this.hasGap = evidence.ledger.some((record) => record.kind === 'ledger-gap' && record.records > 0);
    const clock = evidence.ledger.find((record) => record.kind === 'clock');
    this.wallOffset = clock === undefined ? undefined : clock.wall - clock.at;
  }

  violations(): readonly string[] {
    const violations: string[] = [];
    for (const record of this.evidence.ledger) {
      if (record.kind === 'node-ended' || record.kind === 'ledger-gap' || record.kind === 'clock') continue;
      const known = { user: this.users.get(record.user) ?? NOBODY, asked: record };
      const what = `${record.kind} of ${record.topic} ${record.epoch}:${record.seq} and ${record.user} (${record.sample})`;
      if (record.kind === 'unanswered') {
        if (this.isStored(record)) violations.push(`${what}: the ${record.question} was refused with ${record.code}.`);
        continue;
      }
      for (const problem of record.kind === 'explain' ? this.explained(known, record) : this.listed(known, record))
        violations.push(`${what}: ${problem}.`);
    }
    return violations;
  }

  /** What is said of a user is about all of their connections. */
  private *explained({ user, asked }: Known, { outcome }: ExplainRecord): Generator<string> {
    const { topic, epoch, seq, at } = asked;
    const having = user.connections.filter((connection) => connection.has(topic, epoch, seq, at));
    const read = readOf(user, asked);
    const seen =
      having[0] !== undefined ? `connection ${having[0].id} logged it` : read === 'answered' ? 'it was read from history' : undefined;
    if (outcome === 'acked') {
      if (!having.some((connection) => ackedBy(connection, asked))) yield 'said acked, and no connection logged and acknowledged it';
    } else if (outcome === 'written') {
      const broken = user.connections.some((connection) => this.mayHaveMissed(connection, asked));
      if (having.length === 0 && !broken) yield 'said written, and nobody logged it, although no connection broke';
    } else if (outcome === 'fetched') {
      if (read === undefined) yield 'said fetched, and no read of history had it';
    } else if (outcome === 'unknown') {
      if (!this.mayBeUnknown(asked)) yield 'said unknown, and no node was lost after it, and the ledger has no gap';
    } else if (outcome === 'unconfirmed') {
      if (!user.connections.some(({ endedAt }) => (endedAt ?? Infinity) <= at)) yield 'said unconfirmed, and no connection had ended';
    } else if (seen !== undefined) yield `said ${outcome}, and ${seen}`;
    if (outcome === 'not_subscribed' && seen === undefined) {
      const within = user.connections.find((connection) => this.wasWithin(connection, asked));
      if (within !== undefined) yield `said not_subscribed, and connection ${within.id} was subscribed when it was published`;
    }
  }

  /** What is said of a connection is about that one alone. */
  private *listed({ user, asked }: Known, { recipients }: WaybillRecord): Generator<string> {
    const { topic, epoch, seq, at } = asked;
    for (const said of recipients) {
      if (said.connection === undefined) continue;
      const connection = user.connections.find(({ id }) => id === said.connection);
      // A connection that ended before its welcome was read has no log.
      if (connection !== undefined) yield* this.onConnection(connection, asked, said);
    }
    const silent = user.connections.find(
      (connection) => connection.has(topic, epoch, seq, at) && !recipients.some((said) => said.connection === connection.id),
    );
    if (silent !== undefined && !this.mayBeUnknown(asked)) yield `connection ${silent.id} logged it, and is not among the recipients`;
  }

  private *onConnection(connection: ClientConnection, asked: Asked, said: SaidRecipient): Generator<string> {
    const { topic, epoch, seq, at } = asked;
    const { outcome, writtenBetween } = said;
    const has = connection.has(topic, epoch, seq, at);
    const name = `connection ${connection.id}`;
    if (outcome === 'acked' && !has) yield `said acked of ${name}, which never logged it`;
    if (outcome === 'acked' && !ackedBy(connection, asked)) yield `said acked of ${name}, which never acknowledged it`;
    if (outcome === 'written' && !has && !this.mayHaveMissed(connection, asked))
      yield `said written of ${name}, which did not log it${connection.whole ? ', although it did not break' : ', although it logged a later one'}`;
    if ((outcome === 'dropped' || outcome === 'not_written' || outcome === 'queued' || outcome === 'pending') && has)
      yield `said ${outcome} of ${name}, which logged it`;
    if (outcome === 'unconfirmed' && (connection.endedAt ?? Infinity) > at) yield `said unconfirmed of ${name}, which is open`;
    if (outcome === 'unknown' && !this.mayBeUnknown(asked) && said.reason !== 'unknown')
      yield `said unknown of ${name}, and no node was lost after it, and the ledger has no gap`;
    if (has && writtenBetween !== undefined) yield* this.timed(connection, asked, writtenBetween);
  }

  /** A message is not seen before it is written, and not written before it is published. */
  private *timed(connection: ClientConnection, { topic, epoch, seq }: Asked, [from, to]: readonly [number, number]): Generator<string> {
    if (this.wallOffset === undefined) return;
    const seenAt = (connection.delivered.get(messageKey(topic, epoch, seq)) ?? Infinity) + this.wallOffset;
    if (seenAt < from - CLOCK_MS)
      yield `said written after ${from} to connection ${connection.id}, which logged it at ${Math.round(seenAt)}`;
    const published = this.times.attempted(topic, epoch, seq);
    if (published !== undefined && published + this.wallOffset > to + CLOCK_MS)
      yield `said written before ${to}, and it was published at ${Math.round(published + this.wallOffset)}`;
  }

  /** A connection that broke may have missed what came last; what comes in order is not missing in the middle. */
  private mayHaveMissed(connection: ClientConnection, { topic, epoch, seq }: Asked): boolean {
    return !connection.whole && (connection.last.get(keyOf(topic, epoch)) ?? 0) < seq;
  }

  /** It was published before a node was lost, which may have taken along what it knew. */
  private mayBeUnknown(asked: Asked): boolean {
    const { topic, epoch, seq } = asked;
    if (this.hasGap) return true;
    const known = this.times.attempted(topic, epoch, seq) ?? 0;
    const within = this.isStored(asked) ? CLOCK_MS : DATED_WITHIN_MS;
    return this.losses.some((lost) => lost + within >= known);
  }

  /** The message was published after the subscription had been answered, and stored before anything ended it. */
  private wasWithin(connection: ClientConnection, { topic, epoch, seq }: Asked): boolean {
    const [begun, stored] = [this.times.attempted(topic, epoch, seq), this.times.acknowledged(topic, epoch, seq)];
    if (begun === undefined || stored === undefined) return false;
    return connection.windows.some((window) => window.topic === topic && window.from < begun && stored < window.to) && this.outlives(begun);
  }

  /** No node was lost since: it could have taken what it knew along. */
  private outlives(begun: number): boolean {
    return !this.losses.some((lost) => lost >= begun);
  }

  private isStored({ topic, epoch, seq }: Asked): boolean {
    const history = this.evidence.history.get(topic);
    return history?.epoch === epoch && history.bySeq.has(seq);
  }
}

function ackedBy(connection: ClientConnection, { topic, epoch, seq }: Asked): boolean {
  return (connection.acked.get(keyOf(topic, epoch)) ?? 0) >= seq;
}

/** `asked`: history was asked for and the answer did not come, so what it held is not known. */
function readOf(user: ClientUser, { topic, epoch, seq, at }: Asked): 'answered' | 'asked' | undefined {
  const own = user.reads.filter((read) => read.topic === topic && read.at <= at);
  if (own.some(({ answer }) => answer?.epoch === epoch && answer.from <= seq && seq <= answer.to)) return 'answered';
  return own.some(({ answer }) => answer === undefined) ? 'asked' : undefined;
}
