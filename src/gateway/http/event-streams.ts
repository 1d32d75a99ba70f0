import { randomInt } from 'node:crypto';
import { Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { v7 as uuid } from 'uuid';
import type { Principal } from '../../auth/principal.js';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { EventBus } from '../../messaging/event-bus.js';
import { FlushTurn } from '../../messaging/flush-turn.js';
import type { ConnectionView } from '../../messaging/gateway-control.js';
import { History } from '../../messaging/history.js';
import type { ConnectionRecord } from '../../messaging/ledger/connection-record.js';
import type { Position } from '../../messaging/message.js';
import { Subscriptions, type SubscribeOutcome } from '../../messaging/subscriptions.js';
import type { CloseName } from '../../protocol/close-codes.js';
import { Refusal } from '../../protocol/refusal.js';
import { type ConnectionFacts, Telemetry } from '../../telemetry/telemetry.js';
import { Admission } from '../admission.js';
import { ConnectionPlaces, type Place } from '../connection-places.js';
import { RecentlyClosed } from '../recently-closed.js';
import { SendBudget } from '../send-budget.js';
import { newConnectionRef } from '../ws/connection-ref.js';
import { EventStream, type StreamServices } from './event-stream.js';
import type { StreamEvent } from './event-text.js';
import { principalOf, queryInteger, queryText } from './request.js';

const POSITION = /^([A-Za-z0-9_-]{1,64}):(\d{1,16})$/;
const EPOCH = /^[A-Za-z0-9_-]{1,64}$/;
const DRAIN_RETRY_MS = { least: 500, most: 5_000 };

/** The open event streams of this node. */
@Injectable()
export class EventStreams implements BeforeApplicationShutdown {
  private readonly streams = new Map<string, EventStream>();
  private readonly services: StreamServices;

  constructor(
    private readonly subscriptions: Subscriptions,
    private readonly history: History,
    private readonly events: EventBus,
    private readonly telemetry: Telemetry,
    private readonly config: Config,
    private readonly places: ConnectionPlaces,
    private readonly admission: Admission,
    private readonly closedLately: RecentlyClosed,
    turn: FlushTurn,
    budget: SendBudget,
  ) {
    const { queueBytes, queueMessages, writeStallMs, sseCommentMs: commentMs, closeTimeoutMs, flightEvents } = config.gateway;
    const limits = { writeStallMs, commentMs, closeTimeoutMs, flightEvents };
    this.services = { limits, outbound: { queueBytes, queueMessages, turn, budget, telemetry }, telemetry, subscriptions };
  }

  /** Streams that are open now. */
  get size(): number {
    return this.streams.size;
  }

  /**
   * Answers a request with a live stream of a topic. Refusals come before the stream does, as ordinary answers.
   * `Last-Event-ID` resumes; so do `?after=` and `?epoch=`, the epoch of today where it is left out.
   */
  async open(request: FastifyRequest, reply: FastifyReply, topic: string): Promise<void> {
    this.admission.requireOpen();
    const principal = principalOf(request);
    // A session may end at any moment, and nobody would tell the stream.
    if (principal.kind === 'operator')
      throw new Refusal('PERMISSION_DENIED', 'a session opens no live stream: mint a token for a user and read with that', {
        rule: 'session.no_stream',
      });
    const transport = streamOf(reply);
    if (transport === undefined) throw Refusal.badRequest('request', 'an event stream cannot be pipelined behind another request');
    const facts = factsOf(request, principal, this.admission.addressOf(request.raw));
    const reader = { facts, principal, topic, place: this.placeOf(facts, principal) };
    const stream = new EventStream(reader, reply.raw, transport, this.services);
    this.streams.set(stream.id, stream);
    try {
      await reader.place.agreed();
      const since = await this.since(request, principal, topic);
      const outcome = await this.subscriptions.subscribe(stream, { topic, since, ack: false });
      if (stream.isOpen) this.begin(stream, outcome, request, reply);
      else this.forget(stream);
    } catch (error) {
      this.forget(stream);
      throw error;
    }
  }

  /** The streams whose head was written and that have not ended. */
  running(): readonly EventStream[] {
    return [...this.streams.values()].filter(({ isRunning }) => isRunning);
  }

  /** Every stream, those included that are being opened. */
  all(): Iterable<EventStream> {
    return this.streams.values();
  }

  find(id: string): EventStream | undefined {
    return this.streams.get(id);
  }

  /** The streams as operators see them. */
  views(): readonly ConnectionView[] {
    const node = nodeIdOf(this.config);
    return [...this.streams.values()].map((stream) => stream.view(node));
  }

  /** A stream that is not gone yet, with what its flight recorder kept. */
  record(id: string): ConnectionRecord | undefined {
    return this.streams.get(id)?.record(nodeIdOf(this.config));
  }

  /** Ends a stream with a code of the registry; false where no such stream is open. */
  disconnect(id: string, close: CloseName, reason?: string): boolean {
    const stream = this.streams.get(id);
    if (stream === undefined || !stream.isOpen) return false;
    stream.end(close, reason === undefined ? {} : { reason });
    return true;
  }

  /** A server without sockets has no drain of its own: spreads the returns of those who read, so that the next node is not hit by all of them at once. */
  beforeApplicationShutdown(): void {
    for (const stream of this.streams.values())
      stream.end('NODE_DRAINING', { retryAfterMs: randomInt(DRAIN_RETRY_MS.least, DRAIN_RETRY_MS.most) });
  }

  private begin(stream: EventStream, outcome: SubscribeOutcome, request: FastifyRequest, reply: FastifyReply): void {
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.once('close', () => this.forget(stream, true));
    stream.flight.subscribed([outcome]);
    stream.start(firstEvent(outcome));
    // The request is answered; what follows belongs to the connection.
    request.observation?.respond(request.routeOptions.url ?? 'unknown', 200);
    request.observation?.end('OK');
    if (this.telemetry.probes.isActive) stream.watch(this.telemetry.probes.offersOf(stream.facts));
    this.telemetry.connectionOpened(stream.facts);
    this.events.emit('connection.opened', stream.facts);
    outcome.activate();
    stream.reader.place.heldBy((loss) => stream.end(loss));
  }

  private forget(stream: EventStream, wasOpen = false): void {
    this.streams.delete(stream.id);
    stream.reader.place.release();
    stream.leave();
    const close = stream.closed();
    if (!wasOpen) return;
    const { code, reason, initiator } = close;
    this.closedLately.remember(stream.record(nodeIdOf(this.config), { code, reason, initiator }), true);
    this.telemetry.connectionClosed(stream.facts, close);
    this.events.emit('connection.closed', { connection: stream.facts, close });
  }

  private placeOf({ address }: ConnectionFacts, principal: Principal): Place {
    const place = this.places.take(address);
    try {
      place.claim(principal);
      return place;
    } catch (error) {
      place.release();
      throw error;
    }
  }

  /** Where the reader left off. The header wins: a browser repeats it, while the address keeps the position of the first visit. */
  private async since(request: FastifyRequest, principal: Principal, topic: string): Promise<Position | undefined> {
    const lastEventId = request.headers['last-event-id'];
    if (lastEventId !== undefined && lastEventId !== '') return positionOf(String(lastEventId));
    const seq = queryInteger(request, 'after', { min: 0, max: Number.MAX_SAFE_INTEGER });
    if (seq === undefined) return undefined;
    const epoch = queryText(request, 'epoch') ?? (await this.history.ends(principal, topic)).epoch;
    if (!EPOCH.test(epoch)) throw Refusal.badRequest('query.epoch', 'not an epoch');
    return { epoch, seq };
  }
}

/** What an answer's bytes are written to: the connection or, in HTTP/2, the stream within it. Undefined: it is busy with another answer. */
function streamOf({ raw }: FastifyReply): Duplex | undefined {
  if (raw instanceof Http2ServerResponse) return raw.stream;
  return raw.socket ?? undefined;
}

/** Tells whether the stream goes on where the reader left off. An id goes along unless older messages follow, which bring their own. */
function firstEvent({ topic, epoch, head, recovered, count }: SubscribeOutcome): StreamEvent {
  const id = recovered === true && count > 0 ? undefined : `${epoch}:${head}`;
  return { id, event: 'topic.subscribed', data: JSON.stringify({ topic, epoch, head, recovered, count }) };
}

function positionOf(text: string): Position {
  const [, epoch, seq] = POSITION.exec(text) ?? [];
  if (epoch === undefined || !Number.isSafeInteger(Number(seq)))
    throw Refusal.badRequest('Last-Event-ID', 'must be the id of an event of this stream, epoch:seq');
  return { epoch, seq: Number(seq) };
}

function factsOf(request: FastifyRequest, principal: Principal, address: string): ConnectionFacts {
  const id = uuid();
  return {
    id,
    ref: newConnectionRef(),
    openedAt: Date.now(),
    user: principal.kind === 'user' ? principal.id : undefined,
    address,
    client: queryText(request, 'client')?.slice(0, 64),
    handshake: request.observation?.traceparent,
    transport: 'sse',
  };
}
