import { randomBytes } from 'node:crypto';
import type { ConfigValues } from '../../config/schema.js';
import type { Watchable } from '../../messaging/gateway-control.js';
import { Refusal } from '../../protocol/refusal.js';
import type { LiveProbes } from './live-probes.js';
import { Probe, type ProbeEnd, type ProbeListener, type ProbeStart } from './probe.js';
import type { ProbeOutlets } from './probe-outlets.js';
import { connectionTarget, type ProbeTarget, watchesConnection } from './probe-target.js';

const MINUTE_MS = 60_000;
/** How often probes say what they only counted, and are looked at for their time. */
const SWEEP_MS = 1_000;
const ID_BYTES = 6;
/** Connections that the first event names. */
const NAMED_CONNECTIONS = 100;

/** What is asked of a new probe. */
export interface ProbeRequest {
  readonly target: ProbeTarget;
  readonly minutes: number | undefined;
  readonly payload: boolean;
  readonly note: string | undefined;
  readonly createdBy: string;
}

/**
 * The probes of this node: started, listed, ended. What they record is kept in memory alone, so a restart ends them. Probes that other nodes
 * keep watch here too, as branches: what these record is sent to the node that keeps them.
 */
export class Probes {
  private live: readonly Probe[] = [];
  /** Ended ones, oldest first: as many as may be live. */
  private past: readonly Probe[] = [];
  private outlets: ProbeOutlets | undefined;
  private sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: ConfigValues['probes'],
    private readonly node: string,
    private readonly watch: LiveProbes,
  ) {}

  /** Called once, when the program stands. */
  connect(outlets: ProbeOutlets): void {
    this.outlets = outlets;
  }

  get active(): number {
    return this.live.length;
  }

  /** Youngest first, those that ended lately behind those that are live. */
  list(): readonly Probe[] {
    return [...this.live.toReversed(), ...this.past.toReversed()].filter(isKeptHere);
  }

  find(id: string): Probe | undefined {
    return [...this.live, ...this.past].find((probe) => probe.start.id === id && isKeptHere(probe));
  }

  /** Refuses with `LIMIT_EXCEEDED` where as many run as may, and with `BAD_REQUEST` where it is to run for too long. */
  start({ target, minutes, payload, note, createdBy }: ProbeRequest): Probe {
    const { most, mostMinutes } = this.options;
    const length = minutes ?? Math.min(this.options.minutes, mostMinutes);
    if (length > mostMinutes) throw Refusal.badRequest('minutes', `at most ${mostMinutes} (option probes.mostMinutes)`);
    if (this.live.length >= most) {
      throw new Refusal('LIMIT_EXCEEDED', `${this.live.length} probes run, which is as many as may (option probes.most): end one first`, {
        rule: 'probes.most',
      });
    }
    const startedAt = Date.now();
    const start = {
      id: randomBytes(ID_BYTES).toString('hex'),
      target,
      payload,
      note,
      createdBy,
      node: this.node,
      startedAt,
      endsAt: startedAt + length * MINUTE_MS,
    };
    const probe = new Probe(start, this.options, {
      recorded: (recording, event) => this.outlets?.recorded(recording, event),
      skipped: (events) => this.outlets?.skipped(events),
      ended: (ended, why) => this.forget(ended, why),
    });
    this.begin(probe);
    return probe;
  }

  /** Watches for a probe that another node keeps. Where as many run as may, it ends at once. */
  branch(start: Omit<ProbeStart, 'node'>, listener: ProbeListener): Probe {
    const branch = new Probe({ ...start, node: this.node }, this.options, {
      recorded: (probe, event) => listener.recorded(probe, event),
      skipped: (events) => listener.skipped(events),
      ended: (ended, why) => {
        this.leave(ended);
        listener.ended(ended, why);
      },
    });
    if (this.live.length < this.options.most) {
      this.begin(branch);
      return branch;
    }
    branch.show('not_watched', { message: `${this.live.length} probes run on this node, which is as many as may (option probes.most)` });
    branch.end('ended');
    return branch;
  }

  /** Ends all of them, because the node stops. */
  stop(): void {
    for (const probe of [...this.live]) probe.end('node_stopping');
  }

  /** The open connection of this node with this id or ref. */
  watchable(name: string): ProbeTarget | undefined {
    for (const { facts } of this.watchables()) if (facts.id === name || facts.ref === name) return connectionTarget(facts);
    return undefined;
  }

  private begin(probe: Probe): void {
    this.live = [...this.live, probe];
    this.watch.become(this.live, this.watchables());
    this.sweep ??= setInterval(() => this.look(), SWEEP_MS).unref();
    this.tellStart(probe);
  }

  private watchables(): Iterable<Watchable> {
    return this.outlets?.gateway.watchables() ?? [];
  }

  private tellStart(probe: Probe): void {
    const { target, endsAt } = probe.start;
    const watched = target.kind === 'topic' ? [] : [...this.watchables()].filter(({ facts }) => watchesConnection(target, facts));
    const connections = watched.slice(0, NAMED_CONNECTIONS).map(({ facts }) => ({ connection_id: facts.id, ref: facts.ref }));
    probe.show('started', {
      ends_at: endsAt,
      ...(target.kind === 'topic' ? {} : { open_connections: watched.length, connections }),
    });
  }

  private forget(probe: Probe, why: ProbeEnd): void {
    this.leave(probe);
    this.past = [...this.past, probe].slice(-Math.max(1, this.options.most));
    this.outlets?.ended(probe, why);
  }

  private leave(probe: Probe): void {
    this.live = this.live.filter((other) => other !== probe);
    this.watch.become(this.live, this.watchables());
    if (this.live.length === 0) {
      clearInterval(this.sweep);
      this.sweep = undefined;
    }
  }

  private look(): void {
    const now = Date.now();
    for (const probe of [...this.live]) {
      if (now >= probe.start.endsAt) probe.end('time');
      else probe.tellSkipped();
    }
  }
}

function isKeptHere({ start }: Probe): boolean {
  return start.branchOf === undefined;
}
