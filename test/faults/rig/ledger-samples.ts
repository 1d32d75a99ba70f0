import { clientUsers, type ClientConnection, type ClientUser } from '../checker/client-log.js';
import { Evidence } from '../checker/evidence.js';
import { MessageTimes } from '../checker/message-times.js';
import type { LogRecord, Position, SubscriberRecord } from '../checker/record.js';
import { type Sighting, Timeline } from './message-timeline.js';
import type { Random } from './random.js';

/** A message and a user to ask about. */
export interface Pair extends Position {
  readonly sample: string;
  readonly user: string;
  readonly topic: string;
}

type Spot = Omit<Pair, 'sample'>;
/** Answers a pair of its kind, or nothing where this choice has none. */
type Chooser = () => Spot | undefined;

const YOUNG_MS = 5_000;
/** Beside the ends of a stretch of time, where mistakes are made. */
const EDGE_MS = 150;
const TRIES = 5;

/** Chooses pairs from a log: uniformly, and on purpose where a mistake is likely. */
export class LedgerSamples {
  private readonly users: ReadonlyMap<string, ClientUser>;
  private readonly timeline: Timeline;
  private readonly choosers: readonly (readonly [name: string, chooser: Chooser])[];

  constructor(
    records: readonly LogRecord[],
    private readonly random: Random,
  ) {
    const evidence = new Evidence(records);
    this.users = clientUsers(evidence);
    this.timeline = new Timeline(evidence, new MessageTimes(evidence));
    this.choosers = this.makeChoosers(evidence);
  }

  /** At most `count` different pairs, of all kinds in turn; half of them uniform. */
  take(count: number): readonly Pair[] {
    const pairs = new Map<string, Pair>();
    const uniform = this.choosers.slice(0, 1);
    for (let turn = 0; pairs.size < count && turn < count * TRIES; turn += 1) {
      const [sample, chooser] = this.random.pick(turn % 4 === 0 ? uniform : this.choosers);
      const spot = chooser();
      if (spot === undefined || spot.seq < 1) continue;
      pairs.set(JSON.stringify([spot.user, spot.topic, spot.epoch, spot.seq]), { sample, ...spot });
    }
    return [...pairs.values()];
  }

  private makeChoosers(evidence: Evidence): readonly (readonly [string, Chooser])[] {
    const users = [...this.users.keys()];
    const all = this.timeline.all;
    const server = all.filter(({ topic }) => topic.startsWith('$'));
    const connections = [...this.users].flatMap(([user, { connections: own }]) => own.map((connection) => ({ user, connection })));
    const windows = connections.flatMap(({ user, connection }) => connection.windows.map((window) => ({ user, ...window })));
    const broken = connections.filter(({ connection }) => !connection.whole && connection.last.size > 0);
    const acking = connections.filter(({ connection }) => connection.acked.size > 0);
    const young = windows.filter(({ from, to }) => to - from < YOUNG_MS);
    const reads = [...this.users].flatMap(([user, { reads: own }]) =>
      own.flatMap(({ topic, answer }) => (answer === undefined ? [] : [{ user, topic, ...answer }])),
    );
    const { recovered, gaps, left, away } = this.spans(evidence);
    const from = <Item>(items: readonly Item[], spot: (item: Item) => Spot | undefined): Chooser => {
      return () => (items.length === 0 ? undefined : spot(this.random.pick(items)));
    };
    return [
      ['uniform', from(all, (message) => this.spot(this.random.pick(users), message))],
      ['young', from(young, ({ user, topic, from: since, to }) => this.during(user, topic, since, to))],
      ['away', from(away, ({ user, topic, from: since, to }) => this.during(user, topic, since, to))],
      ['unsubscribed', from(left, ({ user, topic, from: since, to }) => this.during(user, topic, since, to))],
      ['read', from(reads, ({ user, topic, epoch, from: first, to }) => ({ user, topic, epoch, seq: this.within(first, to) }))],
      ['recovered', from(recovered, ({ user, topic, epoch, from: first, to }) => ({ user, topic, epoch, seq: this.within(first, to) }))],
      ['hole', from(gaps, ({ user, topic, epoch, from: first, to }) => ({ user, topic, epoch, seq: this.within(first, to) }))],
      ['broken', from(broken, ({ user, connection }) => this.beside(user, connection.last))],
      ['acked', from(acking, ({ user, connection }) => this.beside(user, connection.acked))],
      ['server topic', from(server, (message) => this.spot(ownerOf(message.topic) ?? this.random.pick(users), message))],
    ];
  }

  private spot(user: string, { topic, epoch, seq }: Sighting): Spot {
    return { user, topic, epoch, seq };
  }

  private during(user: string, topic: string, from: number, to: number): Spot | undefined {
    const found = this.timeline.between(topic, from - EDGE_MS, to + EDGE_MS);
    return found.length === 0 ? undefined : this.spot(user, this.random.pick(found));
  }

  private within(first: number, last: number): number {
    return first + this.random.below(Math.max(1, last - first + 1));
  }

  /** About a position that a connection reached in one of its topics. */
  private beside(user: string, positions: ClientConnection['last']): Spot {
    const [key, reached] = this.random.pick([...positions]);
    const [topic = '', epoch = ''] = JSON.parse(key) as readonly string[];
    const head = this.timeline.head(topic, epoch);
    return { user, topic, epoch, seq: Math.min(head, reached - 2 + this.random.below(6)) };
  }

  /** Stretches of positions and of time, as the subscribers' logs have them. */
  private spans(evidence: Evidence): Spans {
    const spans: Spans = { recovered: [], gaps: [], left: [], away: [] };
    for (const [subscriber, records] of evidence.subscribers) {
      const first = records.find(({ kind }) => kind === 'connected');
      const user = first?.kind === 'connected' ? (first.user ?? subscriber) : subscriber;
      collect(user, records, spans);
    }
    return spans;
  }
}

interface OfTopic {
  readonly user: string;
  readonly topic: string;
  readonly from: number;
  readonly to: number;
}

interface Spans {
  readonly recovered: (OfTopic & { readonly epoch: string })[];
  readonly gaps: (OfTopic & { readonly epoch: string })[];
  readonly left: OfTopic[];
  readonly away: OfTopic[];
}

function collect(user: string, records: readonly SubscriberRecord[], spans: Spans): void {
  const epochs = new Map<string, string>();
  const leftAt = new Map<string, number>();
  const awayAt = new Map<string, number>();
  for (const record of records) {
    if (record.kind === 'closed') for (const topic of epochs.keys()) awayAt.set(topic, record.at);
    else if (record.kind === 'left') leftAt.set(record.topic, record.at);
    else if (record.kind === 'subscribed') {
      const { topic, epoch, since, recovered, head, at } = record;
      epochs.set(topic, epoch);
      if (since !== undefined && recovered === true && head > since.seq)
        spans.recovered.push({ user, topic, epoch, from: since.seq + 1, to: head });
      for (const [map, into] of [[leftAt, spans.left] as const, [awayAt, spans.away] as const]) {
        const from = map.get(topic);
        map.delete(topic);
        if (from !== undefined) into.push({ user, topic, from, to: at });
      }
    } else if (record.kind === 'gap') {
      const { topic, from, to } = record;
      spans.gaps.push({ user, topic, epoch: epochs.get(topic) ?? '', from, to });
    } else if (record.kind === 'reset') epochs.set(record.topic, record.epoch);
  }
}

/** Whose topic it is, where it is one user's own. */
function ownerOf(topic: string): string | undefined {
  return topic.startsWith('$user.') ? topic.slice('$user.'.length) : undefined;
}
