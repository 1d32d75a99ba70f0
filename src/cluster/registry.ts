import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { packageVersion } from '../config/package-version.js';
import { Heartbeat } from './heartbeat.js';
import type { Member, MemberCard, MemberLoad } from './member.js';
import type { Beat, BeatTerms, MemberStore } from './member-store.js';
import type { NodeChannel } from './node-channel.js';
import { Roll } from './roll.js';

/** Said by a node when it has joined, and when it goes. */
const HERE = 'member.here';
const LEFT = 'member.left';

/** The nodes that are joined by the bus, as this one knows them: it tells the others of itself every few seconds, and reads who is there. */
export class Registry {
  private readonly logger = new Logger('Registry');
  private readonly run = randomBytes(8).toString('hex');
  private readonly startedAt = Date.now() - Math.round(process.uptime() * 1_000);
  private readonly terms: BeatTerms;
  private readonly roll: Roll;
  private readonly heartbeat: Heartbeat;
  private loadOf: () => MemberLoad | null = () => null;
  private readonly common: MemberCard['common'] = {};

  constructor(
    private readonly config: Config,
    private readonly channel: NodeChannel,
    private readonly store: MemberStore,
  ) {
    const { heartbeatMs, nodeLostMs, nodeLostKeptMs } = config.cluster;
    this.terms = { leaseMs: nodeLostMs, keepMs: nodeLostKeptMs };
    this.roll = new Roll(channel.node);
    // Pauses that failures make longer must not themselves let the lease end.
    this.heartbeat = new Heartbeat(() => this.beat(), { everyMs: heartbeatMs, longestMs: nodeLostMs / 2 });
    channel.on(HERE, (word) => this.roll.heard(word['card'] as MemberCard));
    channel.on(LEFT, (word, from) => this.roll.gone(from, String(word['run'])));
    store.onOpen(() => void this.heartbeat.now());
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
      common: this.common,
      load: this.loadOf(),
    };
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

  async start(): Promise<void> {
    await this.heartbeat.now();
    await this.tell(HERE, { card: this.card });
    this.heartbeat.start();
  }

  /** Says goodbye, so that nobody takes this node for lost. */
  async stop(): Promise<void> {
    await this.heartbeat.stop();
    try {
      await this.store.leave(this.node, this.run);
    } catch {
      // Then it is found lost, which claims less.
    }
    await this.tell(LEFT, { run: this.run });
  }

  private async beat(): Promise<void> {
    const began = this.roll.mark();
    const beat = await this.store.beat(this.card, this.terms);
    if (beat.kind === 'written') await this.read(beat, began);
  }

  private async read({ members, lost, fresh }: Extract<Beat, { kind: 'written' }>, began: number): Promise<void> {
    const forgotten = fresh ? this.roll.live() : [];
    this.roll.read(members, began);
    for (const node of lost) this.logger.warn(`${node} is lost: it has not said for ${this.terms.leaseMs} ms that it is there`);
    if (forgotten.length > 0) await this.store.restore(forgotten, this.terms);
  }

  private async tell(kind: string, word: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      await this.channel.say(kind, word);
    } catch {
      // The next heartbeats tell it.
    }
  }
}
