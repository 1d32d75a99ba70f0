import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Program } from '../../support/program.js';
import { type Verdict, brokenRules, check, describeVerdict } from '../checker/check.js';
import type { LogRecord } from '../checker/record.js';
import { HEAL_MS } from '../checker/subscribers-reach-the-head.js';
import type { Door } from '../load/door.js';
import { Publisher, type PublisherOptions } from '../load/publisher.js';
import { RestDoor } from '../load/rest-door.js';
import { SocketDoor } from '../load/socket-door.js';
import { Subscriber } from '../load/subscriber.js';
import { CREDENTIALS, tokenFor } from './credentials.js';
import { Gateways, type GatewaysOptions } from './gateways.js';
import { HistoryReader } from './history-reader.js';
import { Journal } from './journal.js';
import { LedgerQuestions } from './ledger-questions.js';
import { LedgerSamples } from './ledger-samples.js';
import { Operator } from './operator.js';
import type { Random } from './random.js';

const EVIDENCE = 'test-results/faults';
const SETTLE_MS = 60_000;
const LIVE_MS = 30_000;
const POLL_MS = 20;
/** Few enough for the test command; a fault may ask for more. */
const PAIRS = 60;

export interface TrialOptions extends GatewaysOptions {
  readonly name: string;
  readonly random: Random;
  /** Pairs of a message and a user that the ledger is asked about at the end; 0: none. */
  readonly pairs?: number;
}

export interface Load {
  readonly topics: readonly string[];
  readonly sockets: number;
  readonly rests: number;
  readonly subscribers: number;
  /** Publishes under way for each publisher. */
  readonly inFlight: number;
  readonly pauseMs: number;
  readonly repeats?: number;
  readonly retries?: boolean;
  readonly most?: number;
  readonly payloadBytes?: number;
}

/** One gateway or several, their clients, and what these saw: from the first message to the verdict. */
export class Trial {
  readonly journal = new Journal();
  readonly publishers: Publisher[] = [];
  readonly subscribers: Subscriber[] = [];
  readonly sockets: SocketDoor[] = [];
  private readonly topics = new Set<string>();
  private readonly reader: HistoryReader;

  private constructor(
    readonly options: TrialOptions,
    readonly gateways: Gateways,
    token: string,
  ) {
    this.reader = new HistoryReader(this.httpUrl, token);
  }

  static async begin(options: TrialOptions): Promise<Trial> {
    return new Trial(options, await Gateways.start(options), CREDENTIALS.WAYBILL_API_KEY);
  }

  get random(): Random {
    return this.options.random;
  }

  /** The only gateway, or the first one. */
  get node(): Program {
    return this.gateways.first;
  }

  get nodes(): readonly Program[] {
    return this.gateways.programs;
  }

  /** Where clients come in; with several nodes, at their balancer. */
  get httpUrl(): string {
    return `http://127.0.0.1:${this.gateways.port}`;
  }

  get socketUrl(): string {
    return `ws://127.0.0.1:${this.gateways.port}/ws`;
  }

  /** Past the balancer, to one node. */
  socketUrlOf(index: number): string {
    return `ws://127.0.0.1:${this.gateways.at(index).port}/ws`;
  }

  /** Ends a gateway as a power cut would; `bringBack` starts it again. */
  async killNode(index: number): Promise<void> {
    await this.gateways.at(index).kill9();
    this.noteEnd(true);
  }

  /** Asks a gateway to end in order; answers its exit code and how long that took, in milliseconds. */
  async stopNode(index: number): Promise<{ readonly code: number | null; readonly tookMs: number }> {
    const asked = performance.now();
    const code = await this.gateways.at(index).terminate();
    this.noteEnd(false);
    return { code, tookMs: performance.now() - asked };
  }

  /** Starts a gateway that ended again, on the same port. */
  async bringBack(index: number, lost = true): Promise<void> {
    await this.gateways.launch(index);
    // Until it said so itself, the others could not know that it had ended, and what they stored meanwhile it might have had, too.
    if (lost && this.nodes.length > 1) this.noteEnd(true);
  }

  /** Kills a gateway and starts it again on the same port. */
  async restartNode(index = 0): Promise<void> {
    await this.gateways.at(index).kill9();
    await this.launchNode(true, index);
  }

  /** Asks a gateway to end in order, and starts it again on the same port. */
  async replaceNode(index = 0): Promise<void> {
    await this.gateways.at(index).terminate();
    await this.launchNode(false, index);
  }

  /** `lost`: the gateway ended without a chance to record anything. */
  async launchNode(lost = true, index = 0): Promise<void> {
    this.noteEnd(lost);
    await this.bringBack(index, lost);
  }

  private noteEnd(lost: boolean): void {
    this.journal.add({ kind: 'node-ended', at: this.journal.now(), lost });
  }

  /** Subscribers first, so that they see everything. */
  async start(load: Load): Promise<void> {
    await this.subscribe(load.topics, load.subscribers);
    for (let index = 0; index < load.sockets; index += 1) await this.publishBySocket(load);
    for (let index = 0; index < load.rests; index += 1) await this.publishByRest(load);
  }

  /** Answers the new ones, once every subscriber is subscribed. `way`: where they come in, as a URL or as what is asked before each connection. */
  async subscribe(
    topics: readonly string[],
    count: number,
    way: string | (() => string) = this.socketUrl,
    reconnectMs?: number,
  ): Promise<readonly Subscriber[]> {
    const url = typeof way === 'string' ? () => way : way;
    for (const topic of topics) this.topics.add(topic);
    const first = this.subscribers.length;
    for (let index = 0; index < count; index += 1) {
      const name = `sub-${this.subscribers.length + 1}`;
      const options = { name, url, token: await tokenFor(name), topics, reconnectMs };
      const subscriber = new Subscriber(options, this.journal, this.random.branch());
      this.subscribers.push(subscriber);
    }
    await this.untilLive();
    return this.subscribers.slice(first);
  }

  async untilLive(timeoutMs = LIVE_MS): Promise<void> {
    await this.until(() => this.subscribers.every((subscriber) => subscriber.isLive), timeoutMs, 'every subscriber is subscribed');
  }

  async publishBySocket(load: Load, url = this.socketUrl): Promise<{ readonly publisher: Publisher; readonly door: SocketDoor }> {
    const name = `socket-${this.publishers.length + 1}`;
    const door = new SocketDoor(url, await tokenFor(name), load.inFlight);
    this.sockets.push(door);
    return { publisher: this.publishBy(name, door, load), door };
  }

  async publishByRest(load: Load): Promise<Publisher> {
    const name = `rest-${this.publishers.length + 1}`;
    return this.publishBy(name, new RestDoor(this.httpUrl, await tokenFor(name), load.inFlight), load);
  }

  /** Waits until the load has got so many more acknowledgements. */
  async untilAcked(more: number, timeoutMs = 60_000): Promise<void> {
    const wanted = this.journal.acked + more;
    await this.until(() => this.journal.acked >= wanted, timeoutMs, `${more} more publishes are acknowledged`);
  }

  async until(condition: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}.\n${this.gateways.output.slice(-3_000)}`);
      await delay(POLL_MS);
    }
  }

  /** Everything works from here on: the heads that live subscribers have to reach in time. */
  async markHealed(): Promise<void> {
    for (const topic of this.topics) {
      const { epoch, head } = await this.reader.ends(topic);
      this.journal.add({ kind: 'head', at: this.journal.now(), topic, epoch, head });
    }
  }

  /** Lets publishers come to an end with every message. */
  async settle(): Promise<void> {
    await Promise.all(this.publishers.map((publisher) => publisher.stop(SETTLE_MS)));
  }

  /** Every topic as it stands now. */
  async history(): Promise<readonly LogRecord[]> {
    const topics: LogRecord[] = [];
    for (const topic of this.topics) topics.push(...(await this.reader.read(topic)));
    return topics;
  }

  async epochOf(topic: string): Promise<string> {
    return (await this.reader.ends(topic)).epoch;
  }

  /** One read of a topic, for its answer's time. */
  async readOnce(topic: string): Promise<void> {
    await this.reader.ends(topic);
  }

  /** Ends the load, lets subscribers reach the head, reads everything back, and judges. Evidence of a broken rule is kept. */
  async finish(): Promise<Verdict> {
    await this.settle();
    await this.markHealed();
    await this.untilReached();
    await this.questionLedger();
    for (const subscriber of this.subscribers) subscriber.stop();
    for (const record of await this.history()) this.journal.add(record);
    return check(this.journal.records);
  }

  /** Asks the ledger about pairs chosen from what was logged so far. */
  async questionLedger(pairs = this.options.pairs ?? PAIRS): Promise<void> {
    if (pairs === 0) return;
    this.journal.add({ kind: 'clock', at: this.journal.now(), wall: Date.now() });
    for (const node of this.nodes) {
      const dropped = await new Operator(node).sum('waybill_ledger_dropped_total');
      this.journal.add({ kind: 'ledger-gap', at: this.journal.now(), records: dropped });
    }
    const samples = new LedgerSamples(this.journal.records, this.random.branch());
    // Each node has to know what all of them did.
    const urls = this.nodes.map(({ port }) => `http://127.0.0.1:${port}`);
    await new LedgerQuestions(urls, this.journal).askAll(samples.take(pairs));
  }

  /** Keeps the journal of a verdict that broke a rule; answers what to print. */
  explain(verdict: Verdict): string {
    if (brokenRules(verdict).length === 0) return '';
    mkdirSync(EVIDENCE, { recursive: true });
    const path = `${EVIDENCE}/${this.options.name}-${this.random.seed}.jsonl`;
    this.journal.write(path);
    writeFileSync(path.replace('.jsonl', '.gateway.log'), this.gateways.output);
    return `${describeVerdict(verdict)}\nseed ${this.random.seed}; the log is kept: npm run test:faults -- check ${path}`;
  }

  async dispose(): Promise<void> {
    for (const publisher of this.publishers) publisher.abandon();
    for (const subscriber of this.subscribers) subscriber.stop();
    await this.gateways.dispose();
  }

  /** Publishes by a door of any kind. */
  publishBy(name: string, door: Door, load: Load): Publisher {
    const { topics, repeats = 0.03, retries = true } = load;
    const options: PublisherOptions = { ...load, name, repeats, retries };
    const publisher = new Publisher(door, options, this.journal, this.random.branch());
    for (const topic of topics) this.topics.add(topic);
    this.publishers.push(publisher);
    return publisher;
  }

  /** Topics of each subscriber, by name. */
  get topicsOf(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.subscribers.map(({ name, topics }) => [name, topics]));
  }

  /**
   * Waits at most as long as the rule gives subscribers to reach the heads of `markHealed`, so that a lost tail is seen as one. Answers
   * how long it waited, in milliseconds.
   */
  async untilReached(): Promise<number> {
    const heads = new Map(this.journal.records.flatMap((record) => (record.kind === 'head' ? [[record.topic, record] as const] : [])));
    const reached = (): boolean =>
      this.subscribers.every((subscriber) =>
        subscriber.topics.every((topic) => {
          const [head, position] = [heads.get(topic), subscriber.positions.get(topic)];
          return head === undefined || (position?.epoch === head.epoch && position.seq >= head.head);
        }),
      );
    const began = performance.now();
    while (!reached() && performance.now() - began < HEAL_MS) await delay(POLL_MS);
    const took = performance.now() - began;
    await delay(POLL_MS);
    return took;
  }
}
