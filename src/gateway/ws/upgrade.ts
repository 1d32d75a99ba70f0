import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, Logger } from '@nestjs/common';
import type { Server } from 'ws';
import { Authorizer } from '../../auth/authorizer.js';
import type { Principal } from '../../auth/principal.js';
import { LiveSettings } from '../../config/live-settings.js';
import { Refusal } from '../../protocol/refusal.js';
import { type HandshakeObservation, Telemetry, UNTRACED } from '../../telemetry/telemetry.js';
import { Admission } from '../admission.js';
import { CanaryDoor } from '../../messaging/canary-door.js';
import { ConnectionPlaces, NO_PLACE, type Place } from '../connection-places.js';
import { reportRefusal } from '../refused.js';
import { AcceptPacing } from './accept-pacing.js';
import { chooseCompressionOffer } from './compression-offer.js';
import { Connection } from './connection.js';
import { ConnectionServices } from './connection-services.js';
import type { GatewaySocket } from './gateway-socket.js';
import { requireAllowedOrigin } from './origins.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { ConnectionRegistry } from './registry.js';
import { refusalHeaders, requireHandshakeForm } from './upgrade-form.js';
import { type UpgradeTarget, upgradeTarget } from './upgrade-target.js';
import { UpgradeTurns } from './upgrade-turns.js';
import { createWebSocketServer } from './websocket-server.js';

/** What an upgrade asks for, and the place that it takes up. */
interface Entry {
  readonly target: UpgradeTarget;
  readonly place: Place;
}

/** An upgrade that has been through the list. */
interface Admitted extends Entry {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly observation: HandshakeObservation;
  readonly how: string;
}

/** What is known of an upgrade that was refused. */
interface Refused {
  readonly observation: HandshakeObservation;
  /** Undefined: it was refused before it was looked at. */
  readonly target: UpgradeTarget | undefined;
}

/** Steps 1 and 2: an HTTP upgrade becomes a connection, or gets an HTTP answer. Nothing is accepted before the list is through. */
@Injectable()
export class Upgrade {
  readonly server: Server<typeof GatewaySocket>;
  private readonly logger = new Logger(Upgrade.name);
  private readonly turns = new UpgradeTurns();

  constructor(
    private readonly settings: LiveSettings,
    private readonly admission: Admission,
    private readonly authorizer: Authorizer,
    private readonly registry: ConnectionRegistry,
    private readonly services: ConnectionServices,
    private readonly pacing: AcceptPacing,
    private readonly telemetry: Telemetry,
    private readonly places: ConnectionPlaces,
    private readonly canary: CanaryDoor,
  ) {
    this.server = createWebSocketServer(settings.current.gateway);
  }

  /** Takes over a socket from the HTTP server. Never throws. */
  handle(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const refusal = this.pacing.refusal(this.registry.upgradesUnderWay);
    if (refusal !== undefined) return this.turnAway(socket, refusal);
    // A peer that resets now is nobody's error; `ws` brings its own listener later.
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    const done = this.registry.beginUpgrade();
    this.turns.add(() => {
      void this.admit(request, socket, head).finally(() => {
        socket.off('error', ignore);
        done();
      });
    });
  }

  /** For want of time: nothing was looked at, and the refusal is counted but not traced. */
  private turnAway(socket: Socket, refusal: Refusal): void {
    this.telemetry.handshakeRefused(refusal.code);
    this.telemetry.rateLimited('accepts');
    reportRefusal(this.telemetry, refusal, { kind: 'connect' });
    refuseUpgrade(socket, refusal, {}, newTraceId());
  }

  private async admit(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    let observation: HandshakeObservation = UNTRACED;
    let entry: Entry | undefined;
    try {
      const { principal, how } = await this.admission.admitUpgrade(request, {
        observed: (begun) => {
          observation = begun;
        },
        inspect: () => {
          entry = this.inspect(request);
        },
        authorise: (somebody) => this.authorise(somebody, entry),
      });
      if (entry === undefined) throw new Error('an upgrade was admitted without having been inspected');
      this.accept({ request, socket, head, observation, how, ...entry }, principal);
    } catch (error) {
      entry?.place.release();
      this.refuse(request, socket, error, { observation, target: entry?.target });
    }
  }

  /** What can be judged without knowing who comes. */
  private inspect(request: IncomingMessage): Entry {
    const target = upgradeTarget(request.url ?? '/');
    requireHandshakeForm(request);
    requireAllowedOrigin(request, this.settings.current.server.allowedOrigins);
    return { target, place: this.canary.admits(target.ticket) ? NO_PLACE : this.places.take(this.admission.addressOf(request)) };
  }

  private authorise(principal: Principal | undefined, entry: Entry | undefined): Promise<void> | undefined {
    if (entry === undefined) return undefined;
    const { place, target } = entry;
    if (principal !== undefined) {
      place.claim(principal);
      this.requireTopic(principal, target);
    }
    return place.agreed();
  }

  private requireTopic(principal: Principal, { topic }: UpgradeTarget): void {
    if (topic === undefined) return;
    const decision = this.authorizer.maySubscribe(principal, topic.topic);
    if (!decision.allowed) throw new Refusal('PERMISSION_DENIED', decision.message, { rule: decision.rule });
  }

  private accept({ request, socket, head, observation, target, place, how }: Admitted, principal: Principal | undefined): void {
    const origin = {
      ref: this.registry.newRef(),
      address: this.admission.addressOf(request),
      client: target.client,
      handshake: observation.traceparent,
      topic: target.topic,
      place,
    };
    if (this.settings.current.gateway.compression) chooseCompressionOffer(request.headers);
    let accepted = false;
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      accepted = true;
      const connection = new Connection(this.services, origin, webSocket, socket);
      observation.opened(connection.facts);
      observation.end('OK');
      connection.accept(principal, how);
      place.heldBy((loss) => connection.close(loss));
    });
    if (accepted) return;
    place.release();
    // The peer hung up while it was being authenticated: there is nobody to answer.
    observation.end('TIMEOUT', { message: 'the peer left during the handshake' });
    socket.destroy();
  }

  private refuse(request: IncomingMessage, socket: Socket, error: unknown, { observation, target }: Refused): void {
    const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL', 'a defect in the server; report it with the trace_id');
    if (refusal !== error) {
      this.logger.error('an upgrade failed', error instanceof Error ? error.stack : String(error));
      observation.end('INTERNAL');
    }
    const traceId = observation.traceId ?? newTraceId();
    reportRefusal(this.telemetry, refusal, {
      kind: 'connect',
      address: this.admission.addressOf(request),
      client: target?.client,
      topic: target?.topic?.topic,
      traceId,
    });
    refuseUpgrade(socket, refusal, refusalHeaders(refusal), traceId);
  }
}

/** For answers to what is not traced. */
function newTraceId(): string {
  return randomBytes(16).toString('hex');
}
