import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Config } from '../../config/config.js';

/** What the heartbeat needs of a connection. */
export interface Beating {
  /** Slot of the wheel; -1 outside it. */
  beatSlot: number;
  /** When the ping under way was sent, in milliseconds of `performance.now()`; 0: none is. */
  pingSentAt: number;
  /** Whether a pong could be read and a ping could arrive: neither is so while reading is paused or the socket is blocked. */
  readonly answers: boolean;
  ping(): void;
  unanswered(): void;
  /** Adds to the stall clock; the connection ends itself when it is over its limit. */
  stalledBy(elapsedMs: number): void;
}

interface Pinged {
  readonly dueAt: number;
  /** Tells the ping of this round from a later one of the same connection. */
  readonly sentAt: number;
  readonly connections: readonly Beating[];
}

const MAX_TICK_MS = 1_000;
const TICKS_PER_TIMEOUT = 8;

/**
 * Pings every connection once in an interval, spread over it, and ends those that do not answer: one timer, a wheel of slots.
 *
 * Two things keep a stalled event loop from ending healthy connections. Answers are judged in `setImmediate`, after the poll phase
 * has read the pongs that waited in the kernel. And time is counted in ticks of this timer, so a stall, however long, is one tick.
 */
@Injectable()
export class Heartbeat implements OnModuleInit, OnApplicationShutdown {
  private readonly tickMs: number;
  private readonly slots: readonly Set<Beating>[];
  private readonly slow = new Set<Beating>();
  private readonly timeoutTicks: number;
  private readonly pinged: Pinged[] = [];
  private tick = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(config: Config) {
    const { pingIntervalMs, pongTimeoutMs, writeStallMs } = config.gateway;
    const shortest = Math.min(pongTimeoutMs, writeStallMs, pingIntervalMs === 0 ? Infinity : pingIntervalMs);
    this.tickMs = Math.min(MAX_TICK_MS, Math.max(1, Math.floor(shortest / TICKS_PER_TIMEOUT)));
    this.timeoutTicks = Math.ceil(pongTimeoutMs / this.tickMs);
    const slots = pingIntervalMs === 0 ? 0 : Math.max(1, Math.round(pingIntervalMs / this.tickMs));
    this.slots = Array.from({ length: slots }, () => new Set());
  }

  onModuleInit(): void {
    this.timer = setInterval(() => setImmediate(() => this.beat()), this.tickMs);
    this.timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Gives a connection a slot at random, which spreads pings over the interval. */
  add(connection: Beating): void {
    if (this.slots.length === 0) return;
    connection.beatSlot = Math.floor(Math.random() * this.slots.length);
    this.slots[connection.beatSlot]?.add(connection);
  }

  remove(connection: Beating): void {
    this.slots[connection.beatSlot]?.delete(connection);
    this.slow.delete(connection);
    connection.beatSlot = -1;
    connection.pingSentAt = 0;
  }

  /** Begins or ends watching a connection whose socket does not take everything. */
  watchSlow(connection: Beating, slow: boolean): void {
    if (slow) this.slow.add(connection);
    else this.slow.delete(connection);
  }

  private beat(): void {
    this.tick += 1;
    this.judgePongs();
    for (const connection of this.slow) connection.stalledBy(this.tickMs);
    this.sendPings();
  }

  private judgePongs(): void {
    while (this.pinged[0] !== undefined && this.pinged[0].dueAt <= this.tick) {
      const { connections, sentAt } = this.pinged.shift() as Pinged;
      for (const connection of connections) {
        if (connection.pingSentAt !== sentAt) continue;
        connection.pingSentAt = 0;
        if (connection.answers) connection.unanswered();
      }
    }
  }

  private sendPings(): void {
    const slot = this.slots[this.tick % this.slots.length];
    if (slot === undefined || slot.size === 0) return;
    const connections = [...slot].filter((connection) => connection.pingSentAt === 0 && connection.answers);
    if (connections.length === 0) return;
    const sentAt = performance.now();
    for (const connection of connections) {
      connection.pingSentAt = sentAt;
      connection.ping();
    }
    this.pinged.push({ dueAt: this.tick + this.timeoutTicks, sentAt, connections });
  }
}
