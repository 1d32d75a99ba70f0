import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Injectable, Logger } from '@nestjs/common';
import type { Server } from 'ws';
import { Authorizer } from '../../auth/authorizer.js';
import type { Principal } from '../../auth/principal.js';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { type HandshakeObservation, UNTRACED } from '../../telemetry/telemetry.js';
import { addressOf, Admission } from '../admission.js';
import { Connection } from './connection.js';
import { ConnectionServices } from './connection-services.js';
import type { GatewaySocket } from './gateway-socket.js';
import { requireAllowedOrigin } from './origins.js';
import { refuseUpgrade } from './refuse-upgrade.js';
import { ConnectionRegistry } from './registry.js';
import { refusalHeaders, requireHandshakeForm } from './upgrade-form.js';
import { type UpgradeTarget, upgradeTarget } from './upgrade-target.js';
import { requireRoomForUser } from './user-limit.js';
import { createWebSocketServer } from './websocket-server.js';

const FULL_RETRY_MS = 5_000;
const SOCKET: UpgradeTarget = { topic: undefined, client: undefined };

/** An upgrade that has been through the list. */
interface Admitted {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
  readonly observation: HandshakeObservation;
  readonly target: UpgradeTarget;
}

/** Steps 1 and 2: an HTTP upgrade becomes a connection, or gets an HTTP answer. Nothing is accepted before the list is through. */
@Injectable()
export class Upgrade {
  readonly server: Server<typeof GatewaySocket>;
  private readonly logger = new Logger(Upgrade.name);

  constructor(
    private readonly config: Config,
    private readonly admission: Admission,
    private readonly authorizer: Authorizer,
    private readonly registry: ConnectionRegistry,
    private readonly services: ConnectionServices,
  ) {
    this.server = createWebSocketServer(config.gateway);
  }

  /** Takes over a socket from the HTTP server. Never throws. */
  handle(request: IncomingMessage, socket: Socket, head: Buffer): void {
    // A peer that resets now is nobody's error; `ws` brings its own listener later.
    const ignore = (): void => undefined;
    socket.on('error', ignore);
    const done = this.registry.beginUpgrade();
    void this.admit(request, socket, head).finally(() => {
      socket.off('error', ignore);
      done();
    });
  }

  private async admit(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    let observation: HandshakeObservation = UNTRACED;
    let target: UpgradeTarget = SOCKET;
    try {
      const { principal } = await this.admission.admitUpgrade(request, {
        observed: (begun) => {
          observation = begun;
        },
        inspect: () => {
          target = this.inspect(request);
        },
        authorise: (somebody) => this.authorise(somebody, target.topic?.topic),
      });
      this.accept({ request, socket, head, observation, target }, principal);
    } catch (error) {
      this.refuse(socket, error, observation);
    }
  }

  /** What can be judged without knowing who comes. */
  private inspect(request: IncomingMessage): UpgradeTarget {
    const target = upgradeTarget(request.url ?? '/');
    requireHandshakeForm(request);
    requireAllowedOrigin(request, this.config.server.allowedOrigins);
    this.requireRoom();
    return target;
  }

  private authorise(principal: Principal | undefined, topic: string | undefined): void {
    if (principal === undefined) return;
    requireRoomForUser(principal, this.registry, this.config.gateway.connectionsPerUser);
    if (topic === undefined) return;
    const decision = this.authorizer.maySubscribe(principal, topic);
    if (!decision.allowed) throw new Refusal('PERMISSION_DENIED', decision.message, { rule: decision.rule });
  }

  private requireRoom(): void {
    const { maxConnections } = this.config.gateway;
    // This upgrade is counted already.
    if (maxConnections === 0 || this.registry.occupied <= maxConnections) return;
    throw new Refusal('UNAVAILABLE', 'this node has no room for more connections (option gateway.maxConnections)', {
      retryAfterMs: FULL_RETRY_MS,
    });
  }

  private accept({ request, socket, head, observation, target }: Admitted, principal: Principal | undefined): void {
    const origin = {
      ref: this.registry.newRef(),
      address: addressOf(request),
      client: target.client,
      handshake: observation.traceparent,
      topic: target.topic,
    };
    let accepted = false;
    this.server.handleUpgrade(request, socket, head, (webSocket) => {
      accepted = true;
      const connection = new Connection(this.services, origin, webSocket, socket);
      observation.opened(connection.facts);
      observation.end('OK');
      connection.accept(principal);
    });
    if (accepted) return;
    // The peer hung up while it was being authenticated: there is nobody to answer.
    observation.end('TIMEOUT', { message: 'the peer left during the handshake' });
    socket.destroy();
  }

  private refuse(socket: Socket, error: unknown, observation: HandshakeObservation): void {
    const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL', 'a defect in the server; report it with the trace_id');
    if (refusal !== error) {
      this.logger.error('an upgrade failed', error instanceof Error ? error.stack : String(error));
      observation.end('INTERNAL');
    }
    refuseUpgrade(socket, refusal, refusalHeaders(refusal), observation.traceId ?? randomBytes(16).toString('hex'));
  }
}
