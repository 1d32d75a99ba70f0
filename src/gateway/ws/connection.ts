import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import type { PublishSource } from '../../messaging/publish-source.js';
import { batchOf, type FrameBatch, type LiveMessage, type OfferResult } from '../../messaging/frame.js';
import type { Subscriber } from '../../messaging/subscriber.js';
import type { SubscribeOutcome } from '../../messaging/subscriptions.js';
import { CLOSES, type CloseName } from '../../protocol/close-codes.js';
import { encodeServerFrame } from '../../protocol/codec.js';
import { textFrame } from '../../protocol/text-frame.js';
import type { OfferWatch } from '../../telemetry/probe-watch.js';
import type { ConnectionFacts, QueuedOutcome } from '../../telemetry/telemetry.js';
import { FlightRecorder } from '../flight/flight-recorder.js';
import { dropReasonOf } from '../drop-reason.js';
import { NODE_BUDGET_REASON } from '../send-budget.js';
import { reportClose } from '../refused.js';
import { settleDropped, settleOutcomes } from '../settlement.js';
import { type Closing, closeNameOf, closingFrame, cutReason, endedByPeer, endInWords } from './closing.js';
import type { ConnectionOrigin } from './connection-origin.js';
import type { ConnectionServices } from './connection-services.js';
import type { ConnectionState } from './connection-state.js';
import { FrameAssembly } from './frame-assembly.js';
import type { GatewaySocket, SocketListener } from './gateway-socket.js';
import type { Beating } from './heartbeat.js';
import { Inbound } from './inbound.js';
import { type Appointment, type AppointmentKeeper, Lifetime } from './lifetime.js';
import { Outbound } from './outbound.js';
import type { OutboundOwner } from './outbound-owner.js';

const logger = new Logger('Connection');

/** Who may stop the reading: the dispatcher, with too many commands under way, and publishes that wait for room. */
const PAUSES = { commands: 1, publishes: 2 } as const;
const PAUSED_FOR = { commands: 'too many commands under way', publishes: 'publishes wait for room in the queue' } as const;
type PauseReason = keyof typeof PAUSES;

/**
 * One WebSocket. Reads from top to bottom like the path of a message: accepted, authenticated, frames in, frames out, heartbeat,
 * appointments, close. Its timers are those that all connections share.
 */
export class Connection implements Subscriber, SocketListener, OutboundOwner, Beating, AppointmentKeeper, PublishSource {
  readonly id = randomUUID();
  readonly openedAt = Date.now();
  readonly outbound: Outbound;
  readonly inbound: Inbound;
  readonly lifetime: Lifetime;
  readonly flight: FlightRecorder;
  state: ConnectionState = 'authenticating';
  facts: ConnectionFacts;
  closing: Closing | undefined;
  closedAt: number | undefined;
  framesIn = 0;
  bytesIn = 0;
  rttMs: number | undefined;
  /** Messages that the slow policy of their namespace dropped. */
  droppedMessages = 0;
  /** Messages of its own that were stored. */
  published = 0;
  /** Acknowledgements that it sent. */
  acks = 0;
  beatSlot = -1;
  pingSentAt = 0;
  /** What it was subscribed to when it began to end. */
  lastTopics: readonly string[] | undefined;
  /** Name of its session, which its client may go on with after it; undefined: it has none. */
  session: string | undefined;
  /** Server topics that wait for a `resume` frame. */
  heldTopics: readonly SubscribeOutcome[] = [];
  private holder: Principal | undefined;
  private announced = false;
  private isWelcome = false;
  private peerClosed = false;
  private pauses = 0;
  private readonly assembly = new FrameAssembly();

  constructor(
    readonly services: ConnectionServices,
    readonly origin: ConnectionOrigin,
    private readonly webSocket: GatewaySocket,
    private readonly socket: Socket,
  ) {
    const { ref, address, client, handshake } = origin;
    this.facts = { id: this.id, ref, openedAt: this.openedAt, user: undefined, address, client, handshake };
    this.outbound = new Outbound(socket, services.outbound, this, webSocket.isCompressed ? services.compression : undefined);
    this.inbound = new Inbound(this);
    this.lifetime = new Lifetime(this);
    this.flight = new FlightRecorder(this.openedAt, services.config.flightEvents);
  }

  /** The 101 has been sent. With a principal, who came by `how`, the connection opens; without one it waits for the `auth` frame. */
  accept(principal: Principal | undefined, how: string): void {
    const { config, lifetimes, registry } = this.services;
    registry.add(this);
    const now = performance.now();
    this.lifetime.lastFrameAt = now;
    this.lifetime.ageFrom(now, config.maxAgeMs);
    if (principal === undefined) this.lifetime.authBy = now + config.authTimeoutMs;
    lifetimes.schedule(this.lifetime);
    this.webSocket.attach(this, this.socket, config.frameBytes);
    if (principal !== undefined) this.open(principal, how);
  }

  /** Authenticated: frames are held until the server topics are subscribed and `welcome` is written. */
  open(principal: Principal, how: string): void {
    if (this.state !== 'authenticating') return;
    const { services } = this;
    this.state = 'open';
    this.facts = { ...this.facts, user: principal.id };
    this.flight.authenticated(how);
    this.lifetime.authBy = Infinity;
    this.hold(principal);
    services.registry.opened();
    services.heartbeat.add(this);
    this.announced = true;
    if (services.telemetry.probes.isActive) this.watch(services.telemetry.probes.offersOf(this.facts));
    services.telemetry.connectionOpened(this.facts);
    services.events.emit('connection.opened', this.facts);
    services.actions.connected(this);
    this.inbound.dispatcher.hold();
    services.serverTopics.open(this);
  }

  /** The server topics are subscribed: says `welcome`, the first frame of all but replies to `auth`. */
  welcome(data: unknown): void {
    this.isWelcome = true;
    this.flight.note('welcome');
    this.push('welcome', data);
    this.hold(this.principal);
  }

  /** Binds a principal, at the opening and at every refresh: rights and expiry follow it. */
  hold(principal: Principal): void {
    this.holder = principal;
    this.lifetime.expireAt(principal.expiresAt, this.isWelcome ? this.services.expiringNoticeMs : 0);
    this.services.lifetimes.schedule(this.lifetime);
  }

  /** Who this connection belongs to. Throws before authentication: whoever asks then has a defect. */
  get principal(): Principal {
    if (this.holder === undefined) throw new Error(`connection ${this.id} is not authenticated`);
    return this.holder;
  }

  get isAuthenticated(): boolean {
    return this.holder !== undefined;
  }

  received(data: Buffer, isBinary: boolean): void {
    this.assembly.complete();
    this.framesIn += 1;
    this.bytesIn += data.length;
    this.services.telemetry.received(data.length);
    if (this.isEnding) return;
    if (isBinary) {
      this.close('UNSUPPORTED_DATA');
      return;
    }
    if (this.services.config.idleTimeoutMs > 0) this.lifetime.lastFrameAt = performance.now();
    try {
      this.inbound.receive(data.toString());
    } catch (error) {
      this.defect(error);
    }
  }

  arrived(): void {
    if (this.isEnding || this.assembly.arrived(performance.now()) <= this.services.config.frameTimeoutMs) return;
    this.close('POLICY_VIOLATION', 'a frame took too long to arrive');
  }

  /** Stops reading until nothing asks for it any more: TCP pushes back on the peer. */
  pauseReading(by: PauseReason): void {
    if (this.isEnding) return;
    if (this.pauses === 0) this.flight.readingPaused(PAUSED_FOR[by]);
    this.pauses |= PAUSES[by];
    this.webSocket.pause();
  }

  resumeReading(by: PauseReason): void {
    this.pauses &= ~PAUSES[by];
    if (this.pauses === 0) this.readOn();
  }

  publishWaits(): void {
    this.pauseReading('publishes');
  }

  publishesGoOn(): void {
    this.resumeReading('publishes');
  }

  get sink(): Outbound {
    return this.outbound;
  }

  offer(batch: FrameBatch): OfferResult | 'gathered' {
    return this.outbound.offer(batch);
  }

  /** Writes a frame of the server's own, in order with everything else. */
  push(action: string, data: unknown, fields?: { readonly topic?: string }): void {
    this.outbound.offer(batchOf([{ bytes: textFrame(encodeServerFrame(action, data, fields)) }]));
  }

  slow(slow: boolean): void {
    this.services.heartbeat.watchSlow(this, slow);
    // The end of a connection lets go of what waits, which is no catching up.
    if (slow) this.services.subscriptions.lags(this);
    if (this.isEnding) return;
    this.flight.slow(slow);
    const { probes } = this.services.telemetry;
    if (probes.isActive) probes.saw({ kind: 'slow', connection: this.facts, slow, queuedBytes: this.queuedBytes });
  }

  landed(): void {
    this.services.subscriptions.landed(this);
  }

  overflowed(budget: 'connection' | 'node'): void {
    this.flight.waiting(this.outbound.maxQueuedBytes);
    this.close('SLOW_CONSUMER', budget === 'node' ? NODE_BUDGET_REASON : undefined);
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

  /** Who is told what it is offered from now on. */
  watch(watch: OfferWatch | undefined): void {
    this.outbound.watch(watch);
  }

  topics(): readonly string[] {
    return this.services.subscriptions.topicsOf(this);
  }

  get queuedBytes(): number {
    return this.outbound.queuedBytes;
  }

  stalledBy(elapsedMs: number): void {
    this.flight.waiting(this.outbound.queuedBytes);
    if (this.outbound.stalledFor(elapsedMs) >= this.services.config.writeStallMs) this.close('WRITE_STALLED');
  }

  get answers(): boolean {
    return !this.webSocket.isPaused && !this.outbound.isSlow;
  }

  ping(): void {
    this.webSocket.ping();
  }

  pinged(data: Buffer): void {
    this.assembly.complete();
    if (!this.isEnding && this.inbound.limits.ping()) this.webSocket.pong(data);
  }

  ponged(): void {
    this.assembly.complete();
    if (this.pingSentAt === 0) return;
    this.rttMs = performance.now() - this.pingSentAt;
    this.pingSentAt = 0;
    this.flight.roundTrip(this.rttMs);
    this.services.telemetry.pong(this.rttMs);
  }

  unanswered(): void {
    this.close('NO_PONG');
  }

  keep(appointment: Appointment): void {
    if (appointment === 'auth') this.close('NO_AUTH');
    else if (appointment === 'expired') this.close('TOKEN_EXPIRED');
    else if (appointment === 'expiring') this.push('auth.expiring', { expires_at: this.principal.expiresAt });
    else if (appointment === 'resume') this.resume();
    else this.close('CONNECTION_LIMIT', appointment === 'idle' ? 'idle for too long' : 'maximum age reached');
  }

  /** A defect of ours costs this connection and nobody else's. */
  defect(error: unknown): void {
    logger.error(`connection ${this.id} ended by a defect`, error instanceof Error ? error.stack : String(error));
    this.close('INTERNAL_ERROR');
  }

  /** Begins to close: says why in a `sys.closing` frame, then sends the close frame. Later calls do nothing. */
  close(name: CloseName, reason?: string, retryAfterMs?: number): void {
    if (this.isEnding) return;
    const { code, reason: standard } = CLOSES[name];
    const said = cutReason(reason ?? standard);
    this.closing = { code, reason: standard, initiator: 'server' };
    this.flight.note('closing', `${code} ${said}, by the server`);
    reportClose(this.services.telemetry, this.facts, name, said);
    this.stop();
    const lost = this.outbound.finish(closingFrame(code, said, retryAfterMs, this.facts.ref));
    if (lost > 0) this.services.telemetry.dropped(dropReasonOf(name), lost);
    this.webSocket.closeWith(code, said);
  }

  failed(code: number): void {
    this.close(closeNameOf(code));
  }

  peerClosing(): void {
    this.peerClosed = true;
    if (!this.isEnding) this.flight.note('closing', 'by the client');
    this.stop();
    this.outbound.finish(undefined);
  }

  /** Cuts the TCP connection without ceremony. */
  destroy(): void {
    this.socket.destroy();
  }

  ended(code: number): void {
    if (this.state === 'closed') return;
    this.stop();
    this.outbound.finish(undefined);
    this.closing ??= endedByPeer(code, this.peerClosed);
    this.state = 'closed';
    this.closedAt = Date.now();
    this.flight.note('closed', endInWords(this.closing));
    this.services.registry.closed(this);
    if (this.announced) this.announceEnd(this.closing);
  }

  private resume(): void {
    try {
      this.services.serverTopics.activate(this);
    } catch (error) {
      this.defect(error);
    }
  }

  private get isEnding(): boolean {
    return this.state === 'draining' || this.state === 'closed';
  }

  /** From here nothing is handled, delivered or timed; handlers under way see their signal abort. */
  private stop(): void {
    if (this.isEnding) return;
    this.state = 'draining';
    this.heldTopics = [];
    this.inbound.dispatcher.end();
    this.outbound.settle();
    this.lastTopics = this.services.subscriptions.topicsOf(this);
    this.services.sessions.end(this);
    this.services.subscriptions.closeAll(this);
    this.services.heartbeat.remove(this);
    this.services.lifetimes.remove(this.lifetime);
    this.readOn();
  }

  private readOn(): void {
    if (!this.webSocket.isPaused) return;
    if (!this.isEnding) this.flight.readingResumed();
    // Time in which nothing was read is not the peer's.
    this.assembly.complete();
    this.webSocket.resume();
  }

  private announceEnd(closing: Closing): void {
    const { events, telemetry, actions } = this.services;
    const { frames: framesOut, bytes: bytesOut, maxQueuedBytes } = this.outbound;
    const { framesIn, bytesIn } = this;
    const close = { ...closing, durationMs: Date.now() - this.openedAt, framesIn, framesOut, bytesIn, bytesOut, maxQueuedBytes };
    telemetry.connectionClosed(this.facts, close);
    events.emit('connection.closed', { connection: this.facts, close });
    actions.disconnected(this, closing.reason);
  }
}
