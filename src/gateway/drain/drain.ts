import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { type DrainForecast, type DrainPlan, type DrainProgress, type DrainState, NodeDrain } from '../../messaging/node-drain.js';
import { Namespaces } from '../../messaging/namespaces.js';
import { PublishQueueView } from '../../messaging/publish-queue-view.js';
import { Refusal } from '../../protocol/refusal.js';
import { Admission } from '../admission.js';
import { EventStreams } from '../http/event-streams.js';
import { viewOf } from '../ws/connection-view.js';
import { ConnectionRegistry } from '../ws/registry.js';
import { forecastOf } from './drain-forecast.js';
import { DrainRun } from './drain-run.js';
import { NodeCrowd } from './node-crowd.js';

/** Share of the drain time over which closes are spread; the rest is for peers to answer. */
const SPREAD = 0.6;

interface Begun {
  readonly run: DrainRun;
  /** Undefined: the process ends. */
  readonly by: string | undefined;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Empties the node, while it goes on running or because it stops; the way is the same. */
@Injectable()
export class Drain extends NodeDrain implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Drain.name);
  private readonly crowd: NodeCrowd;
  private begun: Begun | undefined;
  private cancelled: DrainProgress | undefined;

  constructor(
    private readonly config: Config,
    private readonly admission: Admission,
    private readonly registry: ConnectionRegistry,
    private readonly streams: EventStreams,
    private readonly publishes: PublishQueueView,
    private readonly namespaces: Namespaces,
  ) {
    super();
    this.crowd = new NodeCrowd(registry, streams);
  }

  override get plan(): DrainPlan {
    const { drainTimeoutMs } = this.config.gateway;
    return { overMs: drainTimeoutMs * SPREAD, deadlineMs: drainTimeoutMs };
  }

  override forecast(plan: DrainPlan): DrainForecast {
    return forecastOf(plan, {
      connections: [...[...this.registry.all()].map((connection) => viewOf(connection)), ...this.streams.views()],
      operators: [...this.crowd.members()].filter(({ isOperator }) => isOperator).length,
      publishesUnderWay: this.publishes.counts().taken,
      isEphemeral: (topic) => !this.namespaces.policyFor(topic).durable,
      now: Date.now(),
    });
  }

  override get current(): DrainProgress | undefined {
    return this.begun === undefined ? undefined : this.progressOf(this.begun);
  }

  override get state(): DrainState | undefined {
    return this.begun === undefined ? undefined : stateOf(this.begun);
  }

  override get last(): DrainProgress | undefined {
    return this.cancelled;
  }

  override start(plan: DrainPlan, by: string): DrainProgress {
    if (this.admission.stopping) throw stopping();
    if (this.begun !== undefined) throw drainedAlready(this.progressOf(this.begun));
    return this.progressOf(this.begin(plan, by));
  }

  override cancel(): DrainProgress {
    if (this.admission.stopping) throw stopping();
    const { begun } = this;
    if (begun === undefined)
      throw new Refusal('CONFLICT', 'this node is not drained: there is nothing to take back. POST to this address to drain it.');
    begun.abort.abort();
    this.begun = undefined;
    this.admission.reopen();
    this.cancelled = { ...this.progressOf(begun), state: 'cancelled', ended_at: Date.now() };
    this.logger.log(`the node takes connections again; ${this.cancelled.closed} of ${this.cancelled.connections} had left`);
    return this.cancelled;
  }

  /** The process ends: a drain that runs gives way to one that is over in time. Requests are answered until everybody has gone. */
  async beforeApplicationShutdown(): Promise<void> {
    this.begun?.abort.abort();
    await this.begun?.done;
    await this.begin(this.plan, undefined).done;
    this.admission.stop();
  }

  private begin(plan: DrainPlan, by: string | undefined): Begun {
    this.admission.drain();
    const run = new DrainRun(plan, this.crowd);
    if (run.total > 0) this.logger.log(`draining ${run.total} connections within ${plan.deadlineMs} ms`);
    const abort = new AbortController();
    this.begun = { run, by, abort, done: run.run(abort.signal) };
    return this.begun;
  }

  private progressOf({ run, by }: Begun): DrainProgress {
    const left = this.crowd.size;
    let unanswered = 0;
    for (const { isClosing } of this.crowd.members()) if (isClosing) unanswered += 1;
    return {
      state: stateOf({ run, by }),
      ...(by === undefined ? {} : { by }),
      started_at: run.startedAt,
      deadline_at: run.startedAt + run.plan.deadlineMs,
      ...(run.endedAt === undefined ? {} : { ended_at: run.endedAt }),
      over_s: run.plan.overMs / 1_000,
      deadline_s: run.plan.deadlineMs / 1_000,
      connections: run.total,
      told: run.told,
      closed: Math.max(0, run.total - left),
      cut_off: run.cutOff,
      left,
      unanswered,
      publishes_under_way: this.publishes.counts().taken,
    };
  }
}

function stateOf({ run, by }: Pick<Begun, 'run' | 'by'>): DrainState {
  if (by === undefined) return 'stopping';
  return run.endedAt === undefined ? 'running' : 'drained';
}

function drainedAlready({ state, by = 'nobody', started_at: startedAt }: DrainProgress): Refusal {
  const since = new Date(startedAt).toISOString();
  return new Refusal(
    'CONFLICT',
    state === 'running'
      ? `${by} has been draining this node since ${since}: GET shows how far it is; DELETE takes the node back, and then it may be drained with another plan`
      : `${by} drained this node at ${since}, and it takes no connections: DELETE takes it back`,
  );
}

function stopping(): Refusal {
  return new Refusal('DRAINING', 'this node is shutting down: its process ends, and drains it by itself');
}
