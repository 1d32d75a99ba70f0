import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { AuditTrail } from '../../audit/audit-trail.js';
import { ClusterCalls } from '../../cluster/cluster-calls.js';
import { NodeChannel } from '../../cluster/node-channel.js';
import { CanaryDoor } from '../../messaging/canary-door.js';
import { type ConnectionView, GatewayControl } from '../../messaging/gateway-control.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';
import type { Order } from '../orders/order.js';
import { Orders } from '../orders/orders.js';
import type { DisconnectOrder, DisconnectProgress } from './disconnect-run.js';
import { LocalRuns, noSuchRun, RUNS_KEPT } from './local-runs.js';
import { type ClusterProgress, mergedProgress, type NodeRun } from './merged-progress.js';
import { type DisconnectFilter, selected } from './selection.js';

/** How far the number of connections may be from the one that was seen before: few, or a share. */
const TOLERANCE = { connections: 5, share: 0.1 };
const MATCH = 'disconnects.match';
const RUNS = 'disconnects.runs';
const STOP = 'disconnects.stop';
const EXAMPLES = 10;
/** A run that nobody has heard the end of is over so long after its time. */
const SPARE_MS = 60_000;
const STOP_HOLDS_MS = 60_000;
const LOOK_EVERY_MS = 200;
/** A run that has just ended on every node is about to be stored as such. */
const ATTEMPTS = 10;
const MS_PER_S = 1_000;

type Asked = Omit<DisconnectOrder, 'id' | 'counts'>;
export type DisconnectExample = Pick<ConnectionView, 'id' | 'ref' | 'user' | 'address' | 'client' | 'age_ms' | 'node'>;

interface Matched {
  readonly count: number;
  readonly examples: readonly DisconnectExample[];
}

/** Who would be disconnected now, over all nodes. */
export interface DisconnectPreview extends Matched {
  readonly nodes: readonly { readonly node: string; readonly count: number }[];
  readonly missing: readonly MissingNode[];
}

/** Disconnects many connections of all nodes: one run at a time, paced, and recorded at its start and its end. */
@Injectable()
export class Disconnects implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(Disconnects.name);
  private readonly runs = new LocalRuns(() => this.gateway);
  private readonly abort = new AbortController();

  constructor(
    private readonly modules: ModuleRef,
    private readonly calls: ClusterCalls,
    private readonly channel: NodeChannel,
    private readonly orders: Orders,
  ) {}

  onModuleInit(): void {
    this.calls.answer(MATCH, ({ filter }: { readonly filter: DisconnectFilter }) => this.matchedHere(filter));
    this.calls.answer(RUNS, ({ id }: { readonly id?: string }) => this.runsHere(id));
    this.calls.answer(STOP, ({ id, by }: { readonly id: string; readonly by: string }) => this.runs.stop(id, by));
    this.orders.on('disconnect.many', (order) => this.begin(order));
    this.orders.on('disconnect.stop', ({ by, body: { run } }) => this.runs.stop(run, by));
  }

  /** The canary's own socket is never meant. */
  async preview(filter: DisconnectFilter): Promise<DisconnectPreview> {
    const { answers, missing } = await this.calls.ask<Matched>(MATCH, { filter });
    const nodes = answers.map(({ node, answer: { count } }) => ({ node, count }));
    const examples = answers.flatMap(({ answer }) => answer.examples).toSorted((one, other) => other.age_ms - one.age_ms);
    return { count: nodes.reduce((sum, { count }) => sum + count, 0), examples: examples.slice(0, EXAMPLES), nodes, missing };
  }

  /**
   * Begins, on every node. `confirm`: how many the operator saw. Rejects with `CONFLICT` where that is no longer so, or while another runs,
   * and with `UNAVAILABLE` without a database.
   */
  async start(asked: Asked, confirm: number): Promise<ClusterProgress> {
    const preview = await this.preview(asked.filter);
    const { count, missing } = preview;
    const most = Math.max(TOLERANCE.connections, confirm * TOLERANCE.share);
    if (Math.abs(count - confirm) > most)
      throw new Refusal(
        'CONFLICT',
        `${count} connections match now, and ${confirm} were confirmed: look at them again, and confirm ${count}`,
      );
    const order = await this.ordered(asked, preview);
    void this.follow(order, asked);
    const own = this.runs.progress(order.id);
    if (own === undefined) throw new Error('an order that was given is carried out here first');
    return mergedProgress([{ node: this.calls.node, progress: own }], missing) as ClusterProgress;
  }

  private async ordered(
    { filter, reconnect, reason, ratePerS, by }: Asked,
    { count, nodes }: DisconnectPreview,
  ): Promise<Order<'disconnect.many'>> {
    const holdsMs = Math.ceil(count / ratePerS) * MS_PER_S + SPARE_MS;
    const counts = Object.fromEntries(nodes.map((one) => [one.node, one.count]));
    const body = { filter, reconnect, ...(reason === undefined ? {} : { reason }), rate_per_s: ratePerS, counts };
    for (let attempt = 1; ; attempt += 1) {
      await this.requireNoOther();
      try {
        return await this.orders.give({ kind: 'disconnect.many', by, holdsMs, body });
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'CONFLICT' || attempt === ATTEMPTS) throw error;
        await sleep(LOOK_EVERY_MS);
      }
    }
  }

  /** The newest first. */
  async list(): Promise<{ readonly items: readonly ClusterProgress[]; readonly missing: readonly MissingNode[] }> {
    const { answers, missing } = await this.calls.ask<readonly DisconnectProgress[]>(RUNS, {});
    const runs = answers.flatMap(({ node, answer }) => answer.map((progress) => ({ node, progress })));
    const byId = Map.groupBy(runs, ({ progress }) => progress.id);
    const items = [...byId.values()].map((parts) => mergedProgress(parts, missing)).filter((one) => one !== undefined);
    return { items: items.toSorted((one, other) => other.started_at - one.started_at).slice(0, RUNS_KEPT), missing };
  }

  /** Rejects with `NOT_FOUND`. */
  async one(id: string): Promise<ClusterProgress> {
    const { answers, missing } = await this.calls.ask<readonly DisconnectProgress[]>(RUNS, { id });
    const runs: NodeRun[] = answers.flatMap(({ node, answer }) => answer.map((progress) => ({ node, progress })));
    const found = mergedProgress(runs, missing);
    if (found === undefined) throw noSuchRun();
    return found;
  }

  /** Rejects with `NOT_FOUND`, or `CONFLICT` where it has ended. What was closed stays closed. */
  async stop(id: string, by: string): Promise<ClusterProgress> {
    const before = await this.one(id);
    if (before.state !== 'running' && before.missing.length === 0)
      throw new Refusal('CONFLICT', 'this run has ended: there is nothing to stop');
    const { missing } = await this.calls.ask(STOP, { id, by });
    if (missing.length > 0 || !this.channel.isOpen)
      await this.orders.give({ kind: 'disconnect.stop', by, holdsMs: STOP_HOLDS_MS, body: { run: id } });
    return this.one(id);
  }

  onModuleDestroy(): void {
    this.abort.abort();
    this.runs.stopAll();
  }

  private matchedHere(filter: DisconnectFilter): Matched {
    const found = this.here(filter);
    const examples = found.slice(0, EXAMPLES).map(({ id, ref, user, address, client, age_ms, node }) => {
      return { id, ref, user, address, client, age_ms, node };
    });
    return { count: found.length, examples };
  }

  private here(filter: DisconnectFilter): readonly ConnectionView[] {
    return selected(this.gateway, filter, findProvider(this.modules, CanaryDoor)?.principal.id);
  }

  private runsHere(id: string | undefined): readonly DisconnectProgress[] {
    if (id === undefined) return this.runs.list();
    const progress = this.runs.progress(id);
    return progress === undefined ? [] : [progress];
  }

  /** This node's part. Who came after the order was given is left alone. */
  private begin({ id, by, madeAt, body }: Order<'disconnect.many'>): void {
    const { filter, reconnect, reason, rate_per_s: ratePerS, counts } = body;
    const ids = this.here(filter)
      .filter(({ opened_at: openedAt }) => openedAt <= madeAt)
      .map(({ id: connection }) => connection);
    this.runs.begin({ id, by, filter, reconnect, reason, ratePerS, counts }, ids, this.shareOf(ratePerS, counts));
  }

  /** By the connections that each node has; one that could not be asked takes as much as if all were alike. */
  private shareOf(ratePerS: number, counts: Readonly<Record<string, number>>): number {
    const all = Object.values(counts);
    const own = counts[this.calls.node];
    if (own === undefined) return ratePerS / (all.length + 1);
    return (
      (ratePerS * Math.max(1, own)) /
      Math.max(
        1,
        all.reduce((sum, count) => sum + count, 0),
      )
    );
  }

  private async requireNoOther(): Promise<void> {
    const { items } = await this.list();
    const running = items.find(({ state }) => state === 'running');
    if (running !== undefined)
      throw new Refusal('CONFLICT', `${running.by} disconnects others now (${running.id}): wait for its end, or DELETE it`);
  }

  /** To the end on every node, for the trail. */
  private async follow({ id, holdsUntil, madeAt }: Order<'disconnect.many'>, asked: Asked): Promise<void> {
    const deadline = performance.now() + (holdsUntil - madeAt);
    await this.runs.ended(id);
    let last = await this.one(id).catch(() => undefined);
    while ((last === undefined || last.state === 'running') && performance.now() < deadline && !this.abort.signal.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: this.abort.signal, ref: false }).catch(() => undefined);
      last = await this.one(id).catch(() => last);
    }
    await this.orders.end(id);
    if (last !== undefined) await this.record(last, asked);
  }

  private async record(progress: ClusterProgress, { by, filter }: Asked): Promise<void> {
    const { id, state, matched, closed, gone, left, stopped_by, nodes, missing } = progress;
    const audit = findProvider(this.modules, AuditTrail);
    try {
      await audit?.record({
        actor: by,
        action: 'connections.disconnect.end',
        target: id,
        result: 'OK',
        address: undefined,
        traceId: undefined,
        after: {
          state,
          filter,
          matched,
          closed,
          gone,
          left,
          ...(stopped_by === undefined ? {} : { stopped_by }),
          ...(nodes.length > 1 ? { nodes } : {}),
          ...(missing.length > 0 ? { missing } : {}),
        },
      });
    } catch {
      // The trail has logged what it could not store.
      this.logger.warn(`the end of ${id} is not in the audit trail: ${closed} of ${matched} connections were closed`);
    }
  }

  private get gateway(): GatewayControl {
    const gateway = findProvider(this.modules, GatewayControl);
    if (gateway === undefined) throw new Refusal('UNAVAILABLE', 'this node has not started completely; ask again soon');
    return gateway;
  }
}
