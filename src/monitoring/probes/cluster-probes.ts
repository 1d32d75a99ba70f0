import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ClusterCalls } from '../../cluster/cluster-calls.js';
import { NodeChannel } from '../../cluster/node-channel.js';
import { Config } from '../../config/config.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { Refusal } from '../../protocol/refusal.js';
import { Orders } from '../orders/orders.js';
import type { KeptEvent } from './event-ring.js';
import type { Probe } from './probe.js';
import { ProbeBranches } from './probe-branches.js';
import type { ProbeTarget } from './probe-target.js';
import { probeView, type ProbeView } from './probe-view.js';
import { type ProbeRequest, Probes } from './probes.js';
import { type ProbePage, RemoteProbe } from './remote-probe.js';

const LIST = 'probes.list';
const END = 'probes.end';
const EVENTS = 'probes.events';
const CONNECTION = 'probes.connection';
/** An order to end a probe is of no use when nobody watches any more. */
const END_HOLDS_MS = 120_000;
/** What one answer to another node may have: much less than `cluster.callAnswerBytes`. */
const PAGE_BYTES = 128 * 1_024;

/** A probe that was found: kept here, or by another node. */
export type FoundProbe =
  { readonly kind: 'here'; readonly probe: Probe } | { readonly kind: 'elsewhere'; readonly node: string; readonly view: ProbeView };

interface EventsQuestion {
  readonly id: string;
  readonly after: number;
  readonly limit: number;
}

/** Probes over all nodes: one node keeps a probe, every node watches for it, and any node may be asked. */
@Injectable()
export class ClusterProbes implements OnModuleInit {
  private readonly branches: ProbeBranches;

  constructor(
    private readonly probes: Probes,
    private readonly orders: Orders,
    private readonly calls: ClusterCalls,
    channel: NodeChannel,
    private readonly config: Config,
  ) {
    this.branches = new ProbeBranches(probes, orders, channel);
  }

  onModuleInit(): void {
    this.branches.follow();
    this.calls.answer(LIST, ({ id }: { readonly id?: string }) => this.kept(id));
    this.calls.answer(END, ({ id }: { readonly id: string }) => this.endHere(id));
    this.calls.answer(EVENTS, (question: EventsQuestion) => this.page(question));
    this.calls.answer(CONNECTION, ({ name }: { readonly name: string }) => this.probes.watchable(name) ?? null);
  }

  /** Refuses as `Probes.start`; that other nodes could not be told is an event of the probe. */
  async start(request: ProbeRequest): Promise<Probe> {
    const probe = this.probes.start(request);
    if (this.config.cluster.redisUrl === undefined) return probe;
    const { id, target, payload, note, createdBy, endsAt } = probe.start;
    const body = { target, payload, ...(note === undefined ? {} : { note }) };
    try {
      await this.orders.give({ kind: 'probe.start', id, by: createdBy, holdsMs: endsAt - Date.now(), body });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      probe.show('not_watched', { message: `other nodes do not watch, because they could not be told: ${error.message}` });
    }
    return probe;
  }

  /** The connection with this id or ref, on whichever node. Rejects with `NOT_FOUND`. */
  async connectionOf(name: string): Promise<ProbeTarget> {
    const { answers, missing } = await this.calls.ask<ProbeTarget | null>(CONNECTION, { name });
    const found = answers.find(({ answer }) => answer !== null)?.answer;
    if (found !== undefined && found !== null) return found;
    const nodes = missing.map(({ node }) => node).join(', ');
    const rest = missing.length === 0 ? '' : ` (${nodes} could not be asked)`;
    throw new Refusal('NOT_FOUND', `connection: none that is open has the id or ref "${name}"${rest}; watch its user instead`, {
      field: 'connection',
    });
  }

  async list(): Promise<{ readonly items: readonly ProbeView[]; readonly missing: readonly MissingNode[] }> {
    const { answers, missing } = await this.calls.ask<readonly ProbeView[]>(LIST, {});
    const items = answers.flatMap(({ answer }) => answer).toSorted((one, other) => other.started_at - one.started_at);
    return { items: [...items.filter(isLive), ...items.filter((probe) => !isLive(probe))], missing };
  }

  /** Rejects with `NOT_FOUND`. */
  async find(id: string): Promise<FoundProbe> {
    const probe = this.probes.find(id);
    if (probe !== undefined) return { kind: 'here', probe };
    const { answers } = await this.calls.ask<readonly ProbeView[]>(LIST, { id });
    const found = answers.find(({ answer }) => answer.length > 0);
    if (found === undefined)
      throw new Refusal('NOT_FOUND', 'no probe of a node that can be asked has this id; a restart of its node forgets it');
    return { kind: 'elsewhere', node: found.node, view: found.answer[0] as ProbeView };
  }

  /** Ends it everywhere: at once where its node and Redis can be reached, else when the nodes look. */
  async end(found: FoundProbe, by: string): Promise<ProbeView> {
    const id = found.kind === 'here' ? found.probe.start.id : found.view.id;
    const view = found.kind === 'here' ? this.endHere(id) : await this.calls.askOne<ProbeView>(found.node, END, { id });
    if (this.config.cluster.redisUrl !== undefined) {
      const told = this.orders.give({ kind: 'probe.end', by, holdsMs: END_HOLDS_MS, body: { probe: id } });
      // They are told again as soon as they tell of it; and each ends it by itself when its time is over.
      await told.catch(() => undefined);
    }
    return view;
  }

  /** A page of what a probe of another node recorded. Payloads are left out where they are not asked for. */
  async pageOf(node: string, question: EventsQuestion): Promise<ProbePage> {
    return this.calls.askOne<ProbePage>(node, EVENTS, question);
  }

  /** For a stream. */
  remote(node: string, id: string, after: number): RemoteProbe {
    return new RemoteProbe((from, limit) => this.pageOf(node, { id, after: from, limit }), after);
  }

  private kept(id: string | undefined): readonly ProbeView[] {
    if (id === undefined) return this.probes.list().map(probeView);
    const probe = this.probes.find(id);
    return probe === undefined ? [] : [probeView(probe)];
  }

  private endHere(id: string): ProbeView {
    const probe = this.keptHere(id);
    probe.end('ended');
    return probeView(probe);
  }

  private page({ id, after, limit }: EventsQuestion): ProbePage {
    const probe = this.keptHere(id);
    const events: KeptEvent[] = [];
    let bytes = 0;
    for (const event of probe.ring.after(after, limit)) {
      bytes += event.text.length + (event.withPayload?.length ?? 0);
      if (events.length > 0 && bytes > PAGE_BYTES) break;
      events.push(event);
    }
    const last = events.at(-1)?.n ?? after;
    return { events, more: probe.ring.after(last, 1).length > 0, probe: probeView(probe) };
  }

  private keptHere(id: string): Probe {
    const probe = this.probes.find(id);
    if (probe === undefined) throw new Refusal('NOT_FOUND', 'this node keeps no probe with this id any more');
    return probe;
  }
}

function isLive({ state }: ProbeView): boolean {
  return state === 'live';
}
