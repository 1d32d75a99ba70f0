import type { PublishSocket } from './publish-socket.ts';

/** A timer of Node is no finer than this. */
const TICK_MS = 1;

/**
 * Sends publishes when they are due, at a steady rate over all sockets in turn. A publish whose socket is full waits, and its
 * latency counts from when it was due: a slow answer must not make the load lighter (coordinated omission).
 */
export class PublishSchedule {
  private readonly sockets: readonly PublishSocket[];
  private readonly intervalMs: number;
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private sent = 0;

  constructor(sockets: readonly PublishSocket[], perSecond: number) {
    this.sockets = sockets;
    this.intervalMs = 1_000 / perSecond;
    this.timer = setInterval(() => this.sendDue(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sendDue(): void {
    const due = Math.floor((performance.now() - this.startedAt) / this.intervalMs);
    for (const socket of this.sockets) socket.gather();
    while (this.sent < due) {
      const socket = this.sockets[this.sent % this.sockets.length];
      if (socket === undefined || !socket.hasRoom) break;
      socket.send(this.startedAt + this.sent * this.intervalMs);
      this.sent += 1;
    }
    for (const socket of this.sockets) socket.flush();
  }
}
