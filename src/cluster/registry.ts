import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { packageVersion } from '../config/package-version.js';
import { type CommonGround, differences } from './common-ground.js';
import { Heartbeat } from './heartbeat.js';
import type { Member, MemberCard, MemberLoad } from './member.js';
import type { Beat, BeatTerms, MemberStore } from './member-store.js';
import type { NodeChannel } from './node-channel.js';
import { Roll } from './roll.js';
import { SameName } from './same-name.js';

/** Said by a node when it has joined, and when it goes. */
const HERE = 'member.here';
const LEFT = 'member.left';

type Written = Extract<Beat, { readonly kind: 'written' }>;

/**
 * The nodes that are joined by the bus, as this one knows them: it tells the others of itself every few seconds, and reads who is there. A node
 * that does not fit the others does not join them. One that finds this out later, because Redis was away when it started, or whose name was given to
 * another meanwhile, leaves them and says so.
 */
export class Registry {
  private readonly logger = new Logger('Registry');
  private readonly run = randomBytes(8).toString('hex');
  private readonly startedAt = Date.now();
  private readonly terms: BeatTerms;
  private readonly roll: Roll;
  private readonly heartbeat: Heartbeat;
  private readonly sameName: SameName;
  private readonly misfitListeners: ((why: string) => void)[] = [];
  private loadOf: () => MemberLoad | null = () => null;
  private commonOf: () => CommonGround = () => ({});
  private joined = false;
  private why: string | undefined;
  private joinListener: (() => Promise<void>) | undefined;

  constructor(
    private readonly config: Config,
    private readonly channel: NodeChannel,
    private readonly store: MemberStore,
  ) {
    const { heartbeatMs, nodeLostMs, nodeLostKeptMs, callTimeoutMs } = config.cluster;
    this.terms = { leaseMs: nodeLostMs, keepMs: nodeLostKeptMs };
    this.roll = new Roll(channel.node);
    this.sameName = new SameName(channel, this.run, callTimeoutMs);
    // Pauses that failures make longer must not themselves let the lease end.
    this.heartbeat = new Heartbeat(() => this.beat(), { everyMs: heartbeatMs, longestMs: nodeLostMs / 2 });
    channel.on(HERE, (word) => this.roll.heard(word['card'] as MemberCard));
    channel.on(LEFT, (word, from) => this.roll.gone(from, String(word['run'])));
  }

  get node(): string {
    return this.channel.node;
  }

  /** This node's own card, as it is now. */
  get card(): MemberCard {
    return {
      node: this.node,
      run: this.run,
      version: packageVersion,
      region: this.config.cluster.region ?? null,
      started_at: this.startedAt,
      common: this.commonOf(),
      load: this.loadOf(),
    };
  }

  /** Whether the others know of this node. */
  get isJoined(): boolean {
    return this.joined;
  }

  /** Why this node does not belong to the others, in a sentence; undefined: nothing is known against it. */
  get misfit(): string | undefined {
    return this.why;
  }

  /** All others that are known, the lost ones too, in the order of their names. While Redis is away: those that were known last. */
  others(): readonly Member[] {
    return this.roll.others();
  }

  find(node: string): Member | undefined {
    return node === this.node ? { card: this.card, lostAt: undefined } : this.roll.find(node);
  }

  /** What is told of this node's load from now on. */
  describe(loadOf: () => MemberLoad | null): void {
    this.loadOf = loadOf;
  }

  /** What others must have in common with this node, from now on. */
  require(commonOf: () => CommonGround): void {
    this.commonOf = commonOf;
  }

  /** Called when it turns out, while this node runs, that it does not belong to the others. */
  onMisfit(listener: (why: string) => void): void {
    this.misfitListeners.push(listener);
  }

  /** Called when this node has joined the others and fits them, where it could not at its start. */
  onceJoined(listener: () => Promise<void>): void {
    this.joinListener = listener;
  }

  /** Joins the others. Answers why it may not, in sentences; without any it has joined or, while Redis is away, will try again and again. */
  async join(): Promise<readonly string[]> {
    try {
      const problems = await this.enter();
      if (problems.length > 0) return problems;
    } catch (error) {
      this.logger.warn(`not joined with other nodes yet: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.store.onOpen(() => void this.heartbeat.now());
    this.heartbeat.start();
    return [];
  }

  /** Says goodbye, so that nobody takes this node for lost. */
  async stop(): Promise<void> {
    await this.heartbeat.stop();
    await this.leave();
  }

  private async beat(): Promise<void> {
    if (this.why !== undefined) return;
    if (!this.joined) return this.misfits(await this.enter());
    const began = this.roll.mark();
    const beat = await this.store.beat(this.card, this.terms);
    if (beat.kind === 'written') {
      await this.read(beat, began);
      await this.giveWay(beat);
      if (this.why === undefined) await this.tellJoined();
      return;
    }
    this.joined = false;
    this.misfits([
      `its name ${this.node} was given to another node while this one was away from Redis: give each node a WAYBILL_NODE_ID of its own.`,
    ]);
  }

  /** Writes this node among the others and looks at them. What is against it is answered, and then it is not there. */
  private async enter(): Promise<readonly string[]> {
    let began = this.roll.mark();
    let beat = await this.store.beat(this.card, this.terms);
    if (beat.kind === 'taken') {
      if (await this.sameName.isAlive(beat.run)) return [nameTaken(this.node)];
      // It was killed, or hangs: if it awakes it finds its name taken.
      began = this.roll.mark();
      beat = await this.store.beat(this.card, this.terms, true);
    }
    const { members } = beat as Written;
    const problems = this.config.cluster.startChecks ? differences(this.commonOf(), this.withoutSelf(members)) : [];
    this.joined = true;
    if (problems.length > 0) {
      await this.leave();
      return problems;
    }
    await this.read(beat as Written, began);
    await this.tell(HERE, { card: this.card });
    // Whoever met nobody there may not be the first, but the first to come back: the next heartbeat knows.
    if (members.length > 1) await this.tellJoined();
    if (this.config.cluster.redisUrl !== undefined) this.logger.log(this.greeting());
    return [];
  }

  /**
   * A store that forgot everything may have been met by a newcomer first, who then found nobody to differ from. Whoever started later gives way,
   * when those who were there before have written themselves again.
   */
  private async giveWay({ members }: Written): Promise<void> {
    if (!this.config.cluster.startChecks) return;
    const problems = differences(
      this.commonOf(),
      this.withoutSelf(members).filter(({ card }) => this.cameAfter(card)),
    );
    if (problems.length === 0) return;
    await this.leave();
    this.misfits(problems);
  }

  private async tellJoined(): Promise<void> {
    const listener = this.joinListener;
    this.joinListener = undefined;
    try {
      await listener?.();
    } catch (error) {
      this.joinListener = listener;
      this.logger.warn(`what waited for the others could not be done: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private cameAfter({ node, started_at: theirs }: MemberCard): boolean {
    return theirs < this.startedAt || (theirs === this.startedAt && node < this.node);
  }

  private async read({ members, lost, fresh }: Written, began: number): Promise<void> {
    const forgotten = fresh ? this.roll.live() : [];
    this.roll.read(members, began);
    for (const node of lost) this.logger.warn(`${node} is lost: it has not said for ${this.terms.leaseMs} ms that it is there`);
    if (forgotten.length > 0) await this.store.restore(forgotten, this.terms);
  }

  private misfits(problems: readonly string[]): void {
    if (problems.length === 0) return;
    this.why = problems.join(' ');
    this.logger.error(`this node does not belong to the others, so it sends its clients away: ${this.why}`);
    for (const listener of this.misfitListeners) listener(this.why);
  }

  private async leave(): Promise<void> {
    if (!this.joined) return;
    this.joined = false;
    try {
      await this.store.leave(this.node, this.run);
    } catch {
      // Then it is found lost, which claims less.
    }
    await this.tell(LEFT, { run: this.run });
  }

  private async tell(kind: string, word: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.channel.say(kind, word);
    } catch {
      // The next heartbeats tell it.
    }
  }

  private withoutSelf(members: readonly Member[]): readonly Member[] {
    return members.filter(({ card }) => card.node !== this.node);
  }

  private greeting(): string {
    const names = this.roll.live().map(({ node }) => node);
    return names.length === 0 ? `${this.node} is the first node` : `${this.node} has joined ${names.toSorted().join(', ')}`;
  }
}

function nameTaken(node: string): string {
  return `WAYBILL_NODE_ID: a node named ${node} is running, at the same Redis. Give each node a name of its own, or stop the other one first.`;
}
