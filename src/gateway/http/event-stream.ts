import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Principal } from '../../auth/principal.js';
import type { ConnectionView } from '../../messaging/gateway-control.js';
import type { FrameBatch, OfferResult, Subscriber } from '../../messaging/subscriber.js';
import { CLOSES, type CloseName } from '../../protocol/close-codes.js';
import type { CloseInitiator, ConnectionClose, ConnectionFacts, Telemetry } from '../../telemetry/telemetry.js';
import { eventsOfFrames, eventText, type StreamEvent } from './event-text.js';

export interface StreamLimits {
  /** Most bytes that may wait in this process, replays not counted. */
  readonly queueBytes: number;
  /** A stream on which no byte moves for this long is ended, in milliseconds. */
  readonly writeStallMs: number;
  /** Time between comments, in milliseconds. */
  readonly commentMs: number;
  /** How long a peer may take to read the last event, in milliseconds. */
  readonly closeTimeoutMs: number;
}

/** Who reads which topic. */
export interface StreamReader {
  readonly facts: ConnectionFacts;
  readonly principal: Principal;
  readonly topic: string;
}

/** Longest delay of a Node timer. */
const LONGEST_TIMER_MS = 2_147_483_647;
const COMMENT = ': still here\n\n';

/**
 * A subscriber that writes server-sent events. It writes to the socket behind the response, which is sent without chunks and ends
 * with the connection: so one buffer serves every stream of a topic, and what waits in this process can be counted exactly.
 */
export class EventStream implements Subscriber {
  private readonly openedAt = Date.now();
  private comments: NodeJS.Timeout | undefined;
  private expiry: NodeJS.Timeout | undefined;
  private ending: { readonly name: CloseName; readonly initiator: CloseInitiator } | undefined;
  private replaying = 0;
  private unwritten = 0;
  private events = 0;
  private bytes = 0;
  private maxQueued = 0;
  private progress = { bytes: 0, at: performance.now() };

  constructor(
    readonly reader: StreamReader,
    private readonly response: ServerResponse,
    private readonly socket: Socket,
    private readonly limits: StreamLimits,
    private readonly telemetry: Telemetry,
  ) {}

  get facts(): ConnectionFacts {
    return this.reader.facts;
  }

  get principal(): Principal {
    return this.reader.principal;
  }

  get id(): string {
    return this.facts.id;
  }

  get isOpen(): boolean {
    return this.ending === undefined && !this.response.destroyed && !this.socket.destroyed;
  }

  /** Writes the head and the first event. Headers that hooks have set on the response go along. */
  start(first: StreamEvent): void {
    this.response.shouldKeepAlive = false;
    this.response.useChunkedEncodingByDefault = false;
    this.response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
      'x-accel-buffering': 'no',
    });
    this.response.flushHeaders();
    this.write(Buffer.from(eventText(first)));
    this.comments = setInterval(() => this.tick(), this.limits.commentMs);
    this.awaitExpiry();
  }

  offer(batch: FrameBatch): OfferResult {
    if (!this.isOpen) return 'closed';
    this.events += batch.frames;
    const bytes = eventsOfFrames(batch.bytes);
    if (batch.replay === true) return this.writeReplay(bytes);
    const result = this.write(bytes, batch.origin);
    if (this.waiting > this.limits.queueBytes) this.end('SLOW_CONSUMER');
    return result;
  }

  /** Says why, then ends the stream. A peer that does not read it is cut off after a while. */
  end(name: CloseName, detail: { readonly reason?: string; readonly retryAfterMs?: number } = {}): void {
    if (!this.isOpen) return;
    this.ending = { name, initiator: 'server' };
    this.stopTimers();
    const { code } = CLOSES[name];
    const { reason = CLOSES[name].reason, retryAfterMs } = detail;
    const retry = retryAfterMs === undefined ? '' : `retry: ${retryAfterMs}\n`;
    const data = JSON.stringify({ code, reason, retry_after_ms: retryAfterMs, ref: this.facts.ref });
    this.write(Buffer.from(retry + eventText({ event: 'sys.closing', data })));
    this.response.end();
    const cutOff = setTimeout(() => this.socket.destroy(), this.limits.closeTimeoutMs);
    this.response.once('close', () => clearTimeout(cutOff));
  }

  /** What operators see of it. */
  view(node: string): ConnectionView {
    const { id, ref, user, address, client } = this.facts;
    return {
      id,
      ref,
      user,
      roles: this.principal.roles,
      state: this.isOpen ? 'open' : 'closed',
      address,
      client,
      node,
      protocol: 'sse',
      opened_at: this.openedAt,
      age_ms: Date.now() - this.openedAt,
      queued_bytes: this.socket.writableLength,
      queued_frames: this.unwritten,
      max_queued_bytes: this.maxQueued,
      frames_in: 0,
      frames_out: this.events,
      bytes_in: 0,
      bytes_out: this.bytes,
      topics: [this.reader.topic],
      expires_at: this.principal.expiresAt,
    };
  }

  /** Called once, when the connection is gone: what is to be recorded of it. */
  closed(): ConnectionClose {
    this.stopTimers();
    const { name, initiator } = (this.ending ??= { name: 'NORMAL', initiator: 'client' });
    const { code, reason } = CLOSES[name];
    return {
      code,
      reason,
      initiator,
      durationMs: Date.now() - this.openedAt,
      framesIn: 0,
      framesOut: this.events,
      bytesIn: 0,
      bytesOut: this.bytes,
      maxQueuedBytes: this.maxQueued,
    };
  }

  /** Bytes in this process that budgets count. */
  private get waiting(): number {
    return this.socket.writableLength - this.replaying;
  }

  private write(bytes: Buffer, origin?: FrameBatch['origin']): OfferResult {
    let queued = false;
    this.unwritten += 1;
    this.socket.write(bytes, (error) => {
      this.unwritten -= 1;
      if (queued && origin !== undefined)
        this.telemetry.queuedOutcome(origin.namespace, error ? 'not_written' : 'written', origin.messages);
    });
    queued = this.socket.writableLength > 0;
    this.count(bytes);
    return queued ? 'queued' : 'written';
  }

  private writeReplay(bytes: Buffer): OfferResult {
    this.replaying += bytes.length;
    this.unwritten += 1;
    this.socket.write(bytes, () => {
      this.unwritten -= 1;
      this.replaying -= bytes.length;
    });
    this.count(bytes);
    return this.socket.writableLength > 0 ? 'queued' : 'written';
  }

  private count(bytes: Buffer): void {
    this.bytes += bytes.length;
    this.maxQueued = Math.max(this.maxQueued, this.socket.writableLength);
    this.telemetry.sent(bytes.length);
  }

  /** A comment keeps proxies from closing a quiet stream, and shows a path on which nothing moves any more. */
  private tick(): void {
    const now = performance.now();
    const written = this.socket.bytesWritten - this.socket.writableLength;
    if (this.socket.writableLength === 0 || written !== this.progress.bytes) this.progress = { bytes: written, at: now };
    if (now - this.progress.at < this.limits.writeStallMs) {
      if (this.socket.writableLength === 0) this.write(Buffer.from(COMMENT));
      return;
    }
    this.ending = { name: 'WRITE_STALLED', initiator: 'server' };
    this.socket.destroy();
  }

  private awaitExpiry(): void {
    const { expiresAt } = this.principal;
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    if (left <= 0) return this.end('TOKEN_EXPIRED');
    this.expiry = setTimeout(() => this.awaitExpiry(), Math.min(left, LONGEST_TIMER_MS));
  }

  private stopTimers(): void {
    clearInterval(this.comments);
    clearTimeout(this.expiry);
  }
}
