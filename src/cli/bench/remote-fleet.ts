import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Fleet, FleetProgress, OpenOrder, Shortfall, StormOrder } from './fleet.js';
import { trustedFile } from '../trusted-authorities.js';
import { Tally, type TallyCounts } from './tally.js';

const PROGRAM = new URL('./fleet-process.js', import.meta.url);
const IDLE: FleetProgress = { open: 0, opening: 0, deliveries: 0 };

/** What is asked of a process of the fleet. */
export interface FleetCall {
  readonly id: number;
  readonly call: 'open' | 'storm' | 'shortfall' | 'tally' | 'stop';
  readonly order?: unknown;
}

type FleetAnswer =
  | { readonly progress: FleetProgress }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly problem: string };

/** Connections spread over processes, because one may hold only so many descriptors and use only one core. */
export class RemoteFleet implements Fleet {
  private readonly parts: readonly FleetPart[];

  constructor(processes: number) {
    this.parts = Array.from({ length: processes }, () => new FleetPart());
  }

  async open(order: OpenOrder): Promise<void> {
    const { length } = this.parts;
    await this.each('open', (part) => ({
      ...order,
      tokens: order.tokens.filter((_, index) => index % length === part),
      opening: Math.max(1, Math.floor(order.opening / length)),
      ...(order.rate === undefined ? {} : { rate: order.rate / length }),
    }));
  }

  async storm(order: StormOrder): Promise<void> {
    await this.each('storm', () => ({ ...order, opening: Math.max(1, Math.floor(order.opening / this.parts.length)) }));
  }

  async shortfall(head: number): Promise<Shortfall> {
    const parts = await this.each<Shortfall>('shortfall', () => head);
    return { behind: sum(parts.map(({ behind }) => behind)), cutOff: sum(parts.map(({ cutOff }) => cutOff)) };
  }

  async tally(): Promise<TallyCounts> {
    const whole = new Tally();
    for (const part of await this.each<TallyCounts>('tally')) whole.add(part);
    return whole.counts;
  }

  progress(): FleetProgress {
    const parts = this.parts.map(({ progress }) => progress);
    return {
      open: sum(parts.map(({ open }) => open)),
      opening: sum(parts.map(({ opening }) => opening)),
      deliveries: sum(parts.map(({ deliveries }) => deliveries)),
    };
  }

  stop(): void {
    void this.each('stop').catch(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.all(this.parts.map((part) => part.end()));
  }

  private async each<T>(call: FleetCall['call'], order: (part: number) => unknown = () => undefined): Promise<readonly T[]> {
    return Promise.all(this.parts.map((part, index) => part.call(call, order(index)) as Promise<T>));
  }
}

/** What a process of the fleet is told at its start: whom to trust beside the system's authorities. */
function trusted(): readonly string[] {
  const file = trustedFile();
  return file === undefined ? [] : [file];
}

/** One process of the fleet. */
class FleetPart {
  progress = IDLE;
  private readonly child: ChildProcess = fork(PROGRAM, trusted(), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  private readonly waiting = new Map<number, PromiseWithResolvers<unknown>>();
  private lastId = 0;

  constructor() {
    this.child.on('message', (message) => this.answer(message as FleetAnswer));
    this.child.on('exit', () => {
      for (const { reject } of this.waiting.values()) reject(new Error('a process of the load ended; its connections are lost'));
    });
  }

  async call(call: FleetCall['call'], order: unknown): Promise<unknown> {
    this.lastId += 1;
    const answer = Promise.withResolvers<unknown>();
    this.waiting.set(this.lastId, answer);
    this.child.send({ id: this.lastId, call, order } satisfies FleetCall, (error) => {
      if (error !== null) answer.reject(error);
    });
    return answer.promise;
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    if (this.child.connected) this.child.disconnect();
    await exited;
  }

  private answer(message: FleetAnswer): void {
    if ('progress' in message) {
      this.progress = message.progress;
      return;
    }
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if ('problem' in message) waiting?.reject(new Error(message.problem));
    else waiting?.resolve(message.result);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
