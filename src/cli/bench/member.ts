import { type Delivery, deliveryIn } from './delivery.js';
import type { Manner } from './fleet.js';
import type { LoadSocket, SocketPlan } from './load-socket.js';
import type { Tally } from './tally.js';

/** One client of a fleet, over all its connections. */
export class Member {
  socket: LoadSocket | undefined;
  /** `seq` of the last message; the head of the topic when it was subscribed to. */
  private last = 0;
  /** Position from which it was promised everything. */
  private isSubscribed = false;

  constructor(
    readonly plan: SocketPlan,
    readonly manner: Manner,
  ) {}

  get isOpen(): boolean {
    return this.socket?.isOpen === true;
  }

  subscribedAt(head: number): void {
    if (this.plan.topic === undefined) return;
    this.isSubscribed = true;
    this.last = head;
  }

  text(bytes: Buffer, start: number, end: number, tally: Tally): void {
    if (this.manner !== 'reads') return;
    const delivery = deliveryIn(bytes, start, end);
    if (delivery !== undefined) this.deliver(delivery, tally);
  }

  /** How many messages up to `head` it has not seen. */
  lacks(head: number): number {
    return this.isSubscribed && this.manner === 'reads' ? Math.max(0, head - this.last) : 0;
  }

  private deliver({ seq, latencyMs }: Delivery, tally: Tally): void {
    if (seq <= this.last) {
      tally.repeated += 1;
      return;
    }
    tally.missed += seq - this.last - 1;
    tally.deliveries += 1;
    tally.latency.record(latencyMs);
    this.last = seq;
  }
}
