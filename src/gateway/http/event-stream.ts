import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Principal } from '../../auth/principal.js';
import type { ConnectionView } from '../../messaging/gateway-control.js';
import { batchOf, type CarriedMessage, type FrameBatch, type LiveMessage, type OfferResult } from '../../messaging/frame.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import type { Subscriber } from '../../messaging/subscriber.js';
import type { Subscriptions } from '../../messaging/subscriptions.js';
import { CLOSES, type CloseName } from '../../protocol/close-codes.js';
import type { OfferWatch } from '../../telemetry/probe-watch.js';
import type { CloseInitiator, ConnectionClose, ConnectionFacts, QueuedOutcome, Telemetry } from '../../telemetry/telemetry.js';
import type { Place } from '../connection-places.js';
import { FlightRecorder } from '../flight/flight-recorder.js';
import { dropReasonOf } from '../drop-reason.js';
import { NODE_BUDGET_REASON } from '../send-budget.js';
import { reportClose } from '../refused.js';
import { settleDropped, settleOutcomes } from '../settlement.js';
import { endInWords } from '../ws/closing.js';
import { FrameEncoding } from '../ws/frame-encoding.js';
import { Outbound } from '../ws/outbound.js';
import type { OutboundOwner, OutboundSurroundings } from '../ws/outbound-owner.js';
import { eventOfFrame, eventText, type StreamEvent } from './event-text.js';

export interface StreamLimits {
  /** A stream on which no byte moves for this long is ended, in milliseconds. */
  readonly writeStallMs: number;
  /** Time between comments, in milliseconds. */
  readonly commentMs: number;
  /** How long a peer may take to read the last event, in milliseconds. */
  readonly closeTimeoutMs: number;
  /** Events that its flight recorder keeps. */
  readonly flightEvents: number;
}

/** Who reads which topic. */
export interface StreamReader {
  readonly facts: ConnectionFacts;
  readonly principal: Principal;
  readonly topic: string;
  /** What it takes up among the connections of this node, until it is closed. */
  readonly place: Place;
}

/** What all event streams of the node share. */
export interface StreamServices {
  readonly limits: StreamLimits;
  readonly outbound: OutboundSurroundings;
  readonly telemetry: Telemetry;
  readonly subscriptions: Subscriptions;
}

/** Longest delay of a Node timer. */
const LONGEST_TIMER_MS = 2_147_483_647;
/** Frames as events, once for all streams. */
const EVENTS = new FrameEncoding(eventOfFrame);
const COMMENT = EVENTS.passing(Buffer.from(': still here\n\n'));

/**
 * A subscriber that writes server-sent events. It writes to the socket (in HTTP/2: the stream) behind the response, which is sent
 * without chunks and ends with the connection: so one buffer serves every stream of a topic, and slow readers meet the same budgets and policies as sockets.
 */
export class EventStream implements Subscriber, OutboundOwner {
  readonly openedAt: number;
  private comments: NodeJS.Timeout | undefined;
  private expiry: NodeJS.Timeout | undefined;
  private ending: { readonly name: CloseName; readonly initiator: CloseInitiator } | undefined;
  private droppedMessages = 0;
  private started = false;
  private readonly outbound: Outbound;
  readonly flight: FlightRecorder;

  constructor(
    readonly reader: StreamReader,
    private readonly response: ServerResponse,
    /** The connection or, in HTTP/2, the stream within it that carries the response. */
    private readonly socket: Duplex,
    private readonly services: StreamServices,
  ) {
    this.openedAt = reader.facts.openedAt ?? Date.now();
    this.outbound = new Outbound(socket, services.outbound, this, EVENTS);
    this.flight = new FlightRecorder(this.openedAt, services.limits.flightEvents);
    this.flight.authenticated(reader.principal.kind === 'api_key' ? 'API key' : 'token');
  }

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

  /** Open, and its head was written: it can be ended with an event that says why. */
  get isRunning(): boolean {
    return this.started && this.isOpen;
  }

  /** Writes the head and the first event. Headers that hooks have set on the response go along. */
  start(first: StreamEvent): void {
    this.started = true;
    this.response.shouldKeepAlive = false;
    this.response.useChunkedEncodingByDefault = false;
    this.response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // HTTP/2 has no such header: there the stream ends, and the connection stays.
      ...(this.response.req.httpVersionMajor < 2 && { connection: 'close' }),
      'x-accel-buffering': 'no',
    });
    this.response.flushHeaders();
    this.offer(batchOf([{ bytes: encoded(eventText(first)) }]));
    this.comments = setInterval(() => this.tick(), this.services.limits.commentMs);
    this.awaitExpiry();
  }

  offer(batch: FrameBatch): OfferResult | 'gathered' {
    return this.isOpen ? this.outbound.offer(batch) : this.outbound.refuse(batch.frames);
  }

  get lags(): boolean {
    return this.outbound.lags;
  }

  unwritten(visit: (message: CarriedMessage, inFlight: boolean) => void): void {
    this.outbound.unwritten(visit);
  }

  get queuedBytes(): number {
    return this.outbound.queuedBytes;
  }

  slow(slow: boolean): void {
    if (slow) this.services.subscriptions.lags(this);
    // A stream without progress is found by its own clock. What an end lets go of has not caught up.
    if (!this.isOpen) return;
    this.flight.slow(slow);
    const { probes } = this.services.telemetry;
    if (probes.isActive) probes.saw({ kind: 'slow', connection: this.facts, slow, queuedBytes: this.queuedBytes });
  }

  /** Who is told what it is offered from now on. */
  watch(watch: OfferWatch | undefined): void {
    this.outbound.watch(watch);
  }

  topics(): readonly string[] {
    return [this.reader.topic];
  }

  landed(): void {
    this.services.subscriptions.landed(this);
  }

  overflowed(budget: 'connection' | 'node'): void {
    this.flight.waiting(this.outbound.maxQueuedBytes);
    this.end('SLOW_CONSUMER', budget === 'node' ? { reason: NODE_BUDGET_REASON } : {});
  }

  settled(outcome: Exclude<QueuedOutcome, 'dropped'>, messages: readonly LiveMessage[]): void {
    settleOutcomes(this.services.telemetry, this.facts, outcome, messages);
  }

  dropped(messages: readonly LiveMessage[], had: 'queued' | 'offered'): void {
    this.droppedMessages += messages.length;
    this.flight.dropped(messages.length);
    settleDropped(this.services, this, messages, had);
  }

  gapsTold(gaps: number): void {
    this.flight.gapsTold(gaps);
    const { telemetry } = this.services;
    telemetry.gap('slow_consumer', 'client', gaps);
    if (telemetry.probes.isActive) telemetry.probes.saw({ kind: 'gap', connection: this.facts, gaps });
  }

  /** Says why, then ends the stream. A peer that does not read it is cut off after a while. */
  end(name: CloseName, detail: { readonly reason?: string; readonly retryAfterMs?: number } = {}): void {
    if (!this.isOpen) return;
    this.ending = { name, initiator: 'server' };
    this.stopTimers();
    const { code } = CLOSES[name];
    const { reason = CLOSES[name].reason, retryAfterMs } = detail;
    this.flight.note('closing', `${code} ${reason}, by the server`);
    reportClose(this.services.telemetry, this.facts, name, reason);
    const retry = retryAfterMs === undefined ? '' : `retry: ${retryAfterMs}\n`;
    const data = JSON.stringify({ code, reason, retry_after_ms: retryAfterMs, ref: this.facts.ref });
    this.leave();
    const lost = this.outbound.finish(encoded(retry + eventText({ event: 'sys.closing', data })));
    if (lost > 0) this.services.telemetry.dropped(dropReasonOf(name), lost);
    this.response.end();
    const cutOff = setTimeout(() => this.socket.destroy(), this.services.limits.closeTimeoutMs);
    this.response.once('close', () => clearTimeout(cutOff));
  }

  /** Cuts it off without ceremony. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Ends what it is subscribed to, while it is known what of it was written. */
  leave(): void {
    this.outbound.settle();
    this.services.subscriptions.closeAll(this);
  }

  /** What operators see of it. */
  view(node: string): ConnectionView {
    const { id, ref, user, address, client } = this.facts;
    return {
      id,
      ref,
      user,
      kind: this.principal.kind,
      roles: this.principal.roles,
      state: this.isOpen ? 'open' : 'draining',
      address,
      client,
      node,
      protocol: 'sse',
      opened_at: this.openedAt,
      age_ms: Date.now() - this.openedAt,
      queued_bytes: this.outbound.queuedBytes,
      queued_frames: this.outbound.queuedFrames,
      queued_ms: Math.round(this.outbound.queuedMs),
      dropped_messages: this.droppedMessages,
      max_queued_bytes: this.outbound.maxQueuedBytes,
      frames_in: 0,
      frames_out: this.outbound.frames,
      bytes_in: 0,
      bytes_out: this.outbound.bytes,
      topics: [this.reader.topic],
      expires_at: this.principal.expiresAt,
    };
  }

  /** As it stands now, with what its flight recorder kept; `close`: how it ended. */
  record(node: string, close?: Pick<ConnectionClose, 'code' | 'reason' | 'initiator'>): ConnectionRecord {
    const now = this.view(node);
    const view: ConnectionView = close === undefined ? now : { ...now, state: 'closed', closed_at: Date.now(), close };
    return { view, events: this.flight.events({ ...this.facts, user: this.principal.id }), forgotten: this.flight.forgotten };
  }

  /** Called once, when the connection is gone: what is to be recorded of it. */
  closed(): ConnectionClose {
    this.stopTimers();
    const lost = this.outbound.finish(undefined);
    if (lost > 0) this.services.telemetry.dropped('connection_closed', lost);
    const { name, initiator } = (this.ending ??= { name: 'NORMAL', initiator: 'client' });
    const { code, reason } = CLOSES[name];
    this.flight.note('closed', endInWords({ code, reason, initiator }));
    return {
      code,
      reason,
      initiator,
      durationMs: Date.now() - this.openedAt,
      framesIn: 0,
      framesOut: this.outbound.frames,
      bytesIn: 0,
      bytesOut: this.outbound.bytes,
      maxQueuedBytes: this.outbound.maxQueuedBytes,
    };
  }

  /** A comment keeps proxies from closing a quiet stream, and shows a path on which nothing moves any more. */
  private tick(): void {
    const { commentMs, writeStallMs } = this.services.limits;
    this.flight.waiting(this.outbound.queuedBytes);
    if (!this.outbound.isSlow) this.offer(batchOf([{ bytes: COMMENT }]));
    if (this.outbound.stalledFor(commentMs) < writeStallMs) return;
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

function encoded(text: string): Buffer {
  return EVENTS.passing(Buffer.from(text));
}
