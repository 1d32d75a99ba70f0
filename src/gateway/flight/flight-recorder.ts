import type { FlightEvent, FlightEventKind } from '../../messaging/ledger/connection-record.js';
import type { Refusal } from '../../protocol/refusal.js';
import { cut } from '../../telemetry/client-text.js';
import { redactText } from '../../telemetry/redacted-text.js';
import type { ConnectionFacts } from '../../telemetry/telemetry.js';
import type { SubscribeOutcome } from '../../messaging/subscriptions.js';
import { type EventDetail, EventRing } from './event-ring.js';
import { RoundTrips } from './round-trips.js';
import { type Count, Spell } from './spell.js';

/** Queued bytes from which on marks are kept: this, and each doubling. */
const FIRST_MARK = 65_536;
const LONGEST_DETAIL = 160;
const LONGEST_TOPIC = 120;
/** Topics of one command that are told one by one. */
const TOPICS_APART = 4;

type Joined = Pick<SubscribeOutcome, 'topic' | 'recovered' | 'count'>;

/** The same refusal again and again is one event. */
interface Repeated {
  readonly event: number;
  readonly text: string;
  times: number;
}

/**
 * What happened to one connection lately. Costs nothing per message: what happens often is told as totals (`ConnectionView`) or as
 * spells. Nothing is allocated before the first event, and no object for any. Neither tokens nor payloads get in, and what a client
 * chose is redacted, escaped and cut when it is shown.
 */
export class FlightRecorder {
  private ring: EventRing | undefined;
  private slowSpell: Spell | undefined;
  private pauseSpell: Spell | undefined;
  private trips: RoundTrips | undefined;
  private repeated: Repeated | undefined;
  private how: string | undefined;
  private nextMark = FIRST_MARK;

  constructor(
    private readonly openedAt: number,
    /** Most events kept; 0: none. */
    private readonly capacity: number,
  ) {}

  note(kind: FlightEventKind, detail?: EventDetail): number {
    return this.noteAt(Date.now(), kind, detail);
  }

  /** `how`: the kind of credential, in a word. The user is the connection's for good. */
  authenticated(how: string): void {
    this.how = how;
    this.note('authenticated');
  }

  /** Subscriptions of one command, and whether those that were to go on where the client left off did. */
  subscribed(joined: readonly Joined[]): void {
    this.topics('subscribed', joined);
    const recovered = joined.filter((each) => each.recovered === true);
    if (recovered.length <= TOPICS_APART) for (const { topic, count } of recovered) this.note('recovered', `${count} of ${topic}`);
    else this.note('recovered', `${recovered.reduce((sum, { count }) => sum + count, 0)} of ${recovered.length} topics`);
    this.topics(
      'not_recovered',
      joined.filter((each) => each.recovered === false),
    );
  }

  unsubscribed(topics: readonly string[]): void {
    this.topics(
      'unsubscribed',
      topics.map((topic) => ({ topic })),
    );
  }

  /** `what` was refused: the kind of refusal. */
  refused(what: string, { code, rule, field }: Pick<Refusal, 'code' | 'rule' | 'field'>, topic?: string): void {
    const about = topic === undefined ? '' : ` ${cut(redactText(topic), LONGEST_TOPIC)}`;
    const text = `${what}${about}: ${code}${(rule ?? field) === undefined ? '' : ` (${rule ?? field})`}`;
    const { repeated, ring } = this;
    if (repeated?.text === text && ring?.isKept(repeated.event, this.capacity)) {
      repeated.times += 1;
      return;
    }
    this.tellRepeats();
    this.repeated = { event: this.note('refused', text), text, times: 1 };
  }

  /** The socket stopped taking everything, or took all that waited. */
  slow(isSlow: boolean): void {
    const now = Date.now();
    if (!isSlow) return this.slowSpell?.end(now);
    if (this.slowSpell?.goesOn(now)) return;
    this.tellEnd('caught_up', this.slowSpell);
    this.slowSpell = new Spell(now);
    this.noteAt(now, 'slow');
  }

  /** So many bytes wait now, or waited at worst. Called now and then while the connection is slow. */
  waiting(bytes: number): void {
    if (this.slowSpell !== undefined && bytes > this.slowSpell.worst) this.slowSpell.worst = bytes;
    if (bytes < this.nextMark) return;
    while (this.nextMark <= bytes) this.nextMark *= 2;
    this.note('high_water', bytes);
  }

  /** A slow policy dropped messages. */
  dropped(messages: number): void {
    const spell = (this.slowSpell ??= new Spell(Date.now()));
    spell.drops = this.counted('dropped', spell.drops, messages);
  }

  /** The client was told of gaps in what it was too slow for. */
  gapsTold(gaps: number): void {
    const spell = (this.slowSpell ??= new Spell(Date.now()));
    spell.gaps = this.counted('gap', spell.gaps, gaps);
  }

  /** Reading stopped, for `why`, or went on. */
  readingPaused(why: string): void {
    const now = Date.now();
    if (this.pauseSpell?.goesOn(now)) return;
    this.tellEnd('reading_resumed', this.pauseSpell);
    this.pauseSpell = new Spell(now);
    this.noteAt(now, 'reading_paused', why);
  }

  readingResumed(): void {
    this.pauseSpell?.end(Date.now());
  }

  roundTrip(ms: number): void {
    if (this.capacity > 0) (this.trips ??= new RoundTrips()).add(Date.now() - this.openedAt, ms);
  }

  /** Events that were forgotten for later ones. */
  get forgotten(): number {
    return Math.max(0, (this.ring?.count ?? 0) - this.capacity);
  }

  /** Oldest first; how it was opened always among them. */
  events(facts: Pick<ConnectionFacts, 'address' | 'client' | 'user'>): readonly FlightEvent[] {
    if (this.capacity === 0) return [];
    const { address, client, user } = facts;
    this.tellRepeats();
    const events: FlightEvent[] = [
      { at: this.openedAt, kind: 'connected', detail: client === undefined ? address : `${address}, ${client}` },
    ];
    for (const event of this.ring?.events(this.openedAt, this.capacity) ?? [])
      events.push(event.kind === 'authenticated' ? { ...event, detail: `${this.how ?? 'token'}, ${user ?? 'nobody'}` } : event);
    for (const { since, ms } of this.trips?.list() ?? []) events.push({ at: this.openedAt + since, kind: 'round_trip', detail: ms });
    for (const end of [endOf('caught_up', this.slowSpell), endOf('reading_resumed', this.pauseSpell)])
      if (end !== undefined) events.push(end);
    return events.map(shown).toSorted((a, b) => a.at - b.at);
  }

  private topics(kind: FlightEventKind, list: readonly Pick<Joined, 'topic'>[]): void {
    if (list.length <= TOPICS_APART) {
      for (const { topic } of list) this.note(kind, topic);
      return;
    }
    const first = list.slice(0, TOPICS_APART - 1).map(({ topic }) => topic);
    this.note(kind, `${list.length} topics: ${first.join(', ')} …`);
  }

  private noteAt(at: number, kind: FlightEventKind, detail?: EventDetail): number {
    if (this.capacity === 0) return 0;
    return (this.ring ??= new EventRing()).push(at - this.openedAt, kind, detail, this.capacity);
  }

  private counted(kind: FlightEventKind, count: Count | undefined, more: number): Count {
    if (count === undefined || this.ring?.isKept(count.event, this.capacity) !== true) return { event: this.note(kind, more), total: more };
    count.total += more;
    this.ring.amend(count.event, count.total, this.capacity);
    return count;
  }

  /** A spell that is over for good. */
  private tellEnd(kind: 'caught_up' | 'reading_resumed', spell: Spell | undefined): void {
    if (spell?.until !== undefined) this.noteAt(spell.until, kind, spell.inWords());
  }

  private tellRepeats(): void {
    const { repeated } = this;
    if (repeated !== undefined && repeated.times > 1)
      this.ring?.amend(repeated.event, `${repeated.text}, ${repeated.times} times`, this.capacity);
  }
}

/** The end of a spell that may yet go on, so that it is not an event of the ring. */
function endOf(kind: 'caught_up' | 'reading_resumed', spell: Spell | undefined): FlightEvent | undefined {
  return spell?.until === undefined ? undefined : { at: spell.until, kind, detail: spell.inWords() };
}

function shown(event: FlightEvent): FlightEvent {
  return typeof event.detail === 'string' ? { ...event, detail: cut(redactText(event.detail), LONGEST_DETAIL) } : event;
}
