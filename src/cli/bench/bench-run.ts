import type { RemoteGateway } from '../gateway.js';
import type { Terminal } from '../terminal.js';
import type { Fleet, OpenOrder } from './fleet.js';
import { LocalFleet } from './local-fleet.js';
import type { Endpoint, SocketPlan } from './load-socket.js';
import { mintTokens } from './mint-tokens.js';
import { NodeWatch } from './node-watch.js';
import { BUSY_LOOP_MS, OwnWatch } from './own-watch.js';
import type { BenchPlan } from './plan.js';
import { RemoteFleet } from './remote-fleet.js';
import { type Figures, rounded, type StageReport } from './report.js';
import { RestLoad } from './rest-load.js';
import { Tally } from './tally.js';
import { endpointOf, sourceAddresses } from './target.js';
import { pause } from './waiting.js';

const PROGRESS_EVERY_MS = 1_000;

export interface BenchSurroundings {
  readonly gateway: RemoteGateway;
  readonly terminal: Terminal;
  readonly interrupted: AbortSignal;
}

/** What a scenario works with: connections, what is watched meanwhile, and the report that it fills. */
export class BenchRun {
  readonly stages: StageReport[] = [];
  readonly problems: string[] = [];
  /** Stages in which the load did not keep up with itself. */
  readonly late: string[] = [];
  readonly node: NodeWatch;
  readonly endpoint: Endpoint;
  readonly addresses: readonly string[];
  readonly fleet: Fleet;
  private readonly own = new OwnWatch();
  private rest: RestLoad | undefined;
  private progressTimer: NodeJS.Timeout | undefined;
  private opened = 0;
  private minting = '';
  private readonly minted = new Map<string, number>();
  /** Scenarios say here what a person would want to see each second, beside connections and deliveries. */
  detail: () => string = () => '';

  constructor(
    readonly plan: BenchPlan,
    private readonly surroundings: BenchSurroundings,
  ) {
    this.endpoint = endpointOf(surroundings.gateway.url);
    this.addresses = sourceAddresses(this.endpoint, plan.connections);
    this.node = new NodeWatch(plan.opsUrl);
    this.fleet = plan.processes === 1 ? new LocalFleet() : new RemoteFleet(plan.processes);
  }

  get signal(): AbortSignal {
    return this.surroundings.interrupted;
  }

  get gateway(): RemoteGateway {
    return this.surroundings.gateway;
  }

  say(line: string): void {
    this.surroundings.terminal.say(line);
  }

  async start(): Promise<void> {
    const { plan, surroundings } = this;
    this.signal.addEventListener('abort', () => this.fleet.stop(), { once: true });
    await this.node.start();
    this.own.start();
    this.progressTimer = setInterval(() => this.showProgress(), PROGRESS_EVERY_MS);
    if (plan.rest === undefined) return;
    const apiKey = await surroundings.gateway.apiKey();
    this.rest = new RestLoad({ url: surroundings.gateway.url, apiKey, topic: `${plan.topic}.rest`, perSecond: plan.rest });
    void this.rest.run();
  }

  async stop(): Promise<void> {
    clearInterval(this.progressTimer);
    this.node.stop();
    this.own.stop();
    this.rest?.stop();
    await this.fleet.close();
  }

  /** Opens more connections that read, until so many were asked for; answers when the first was begun. */
  async openTo(count: number, { topic, rate }: Pick<OpenOrder, 'topic' | 'rate'> = {}): Promise<number> {
    const more = count - this.opened;
    this.opened = count;
    return this.open(more, 'reader', { ...(topic === undefined ? {} : { topic }), ...(rate === undefined ? {} : { rate }) });
  }

  /** Opens connections of users of their own, each with a token of its own; answers when the first was begun. */
  async open(count: number, user: string, order: Pick<OpenOrder, 'topic' | 'rate' | 'manner'>): Promise<number> {
    const tokens = await this.tokens(count, user);
    // Minting is no part of what is measured.
    this.own.figures();
    await this.node.read();
    const from = performance.now();
    const { endpoint, addresses } = this;
    if (!this.signal.aborted) await this.fleet.open({ endpoint, tokens, addresses, opening: this.plan.opening, ...order });
    return from;
  }

  async publisherPlan(user: string): Promise<SocketPlan> {
    const [token = ''] = await this.tokens(1, user);
    return { endpoint: this.endpoint, localAddress: this.addresses[0], token, topic: undefined };
  }

  async wait(seconds: number): Promise<void> {
    await pause(seconds * 1_000, this.signal);
  }

  /** Closes a stage: what the connections saw since the last one, what the scenario adds, and both processes' cost since `from`. */
  async addStage(stage: string, from: number, add: (tally: Tally) => Figures): Promise<Tally> {
    await this.node.read();
    const { open } = this.fleet.progress();
    const tally = new Tally();
    tally.add(await this.fleet.tally());
    const rest = this.rest?.take();
    for (const [reason, times] of rest?.failures ?? []) tally.count('failures', reason, times);
    const own = this.own.figures();
    const figures = rounded({ open, ...add(tally), ...rest?.figures, ...this.node.figuresSince(from), ...own });
    const { failures, closes } = tally.counts;
    this.stages.push({ stage, figures, failures, closes });
    this.judge(stage, tally, own);
    return tally;
  }

  /** Forgets what was counted so far, such as the opening before a stage. */
  async forget(): Promise<Tally> {
    const tally = new Tally();
    tally.add(await this.fleet.tally());
    this.own.figures();
    this.rest?.take();
    return tally;
  }

  private judge(stage: string, { closes, missed, repeated, failures }: Tally, own: Figures): void {
    const ended = total(closes);
    if (ended > 0) this.problems.push(`${stage}: ${ended} connections ended unasked`);
    if (missed > 0) this.problems.push(`${stage}: ${missed} messages were missed in holes of seq`);
    if (repeated > 0) this.problems.push(`${stage}: ${repeated} messages came twice or out of order`);
    const rest = [...failures].filter(([reason]) => reason.startsWith('REST ')).reduce((sum, [, times]) => sum + times, 0);
    if (rest > 0) this.problems.push(`${stage}: ${rest} REST requests failed`);
    if ((own['load_loop_delay_p99_ms'] ?? 0) > BUSY_LOOP_MS) this.late.push(stage);
  }

  private async tokens(count: number, user: string): Promise<readonly string[]> {
    const { topic } = this.plan;
    const first = this.minted.get(user) ?? 0;
    this.minted.set(user, first + count);
    return mintTokens(this.gateway, {
      count,
      first,
      user: `${topic}.${user}`,
      topic,
      signal: this.signal,
      progress: (minted) => (this.minting = minted === count ? '' : `${minted} of ${count} tokens minted`),
    });
  }

  private showProgress(): void {
    const { open, opening, deliveries } = this.fleet.progress();
    const { last } = this.node;
    const node = last === undefined ? '' : `; node ${Math.round(last.rssBytes / 1_048_576)} MiB, loop p99 ${Math.round(last.loopP99Ms)} ms`;
    const more = this.minting === '' ? this.detail() : this.minting;
    this.say(
      `${open} open${opening === 0 ? '' : `, ${opening} opening`}${deliveries === 0 ? '' : `; ${deliveries} delivered`}${more === '' ? '' : `; ${more}`}${node}`,
    );
  }
}

function total(reasons: ReadonlyMap<string, number>): number {
  return [...reasons.values()].reduce((sum, times) => sum + times, 0);
}
