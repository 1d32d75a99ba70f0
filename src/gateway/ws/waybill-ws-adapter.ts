import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { INestApplication } from '@nestjs/common';
import { AbstractWsAdapter } from '@nestjs/websockets';
import { Upgrade } from './upgrade.js';
import { isSocketPath, splitUrl } from './upgrade-target.js';

interface GatewayOptions {
  readonly path?: string;
  readonly namespace?: unknown;
}

/**
 * Binds the gateway to Nest and to the HTTP server, whose `upgrade` event it owns. Nest's path per connection and per frame (closures
 * for every handler, rxjs for every message) is not used: the action registry finds the same handlers, and connections call them.
 */
export class WaybillWsAdapter extends AbstractWsAdapter {
  private readonly upgrade: Upgrade;
  private readonly server: Server;
  private readonly onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void =>
    this.upgrade.handle(request, socket as Socket, head);

  constructor(app: INestApplication) {
    super(app);
    this.upgrade = app.get(Upgrade, { strict: false });
    this.server = app.getHttpServer() as Server;
  }

  /** Called by Nest for each kind of gateway before anything listens. All share the one server. */
  override create(port: number, options: GatewayOptions = {}): unknown {
    requireSharedDoor(port, options);
    if (!this.server.listeners('upgrade').includes(this.onUpgrade)) this.takeUpgrades();
    return this.upgrade.server;
  }

  /** Nest would bind a closure per connection here; connections find their handlers in the registry. */
  override bindClientConnect(): void {}

  override bindMessageHandlers(): void {}

  override async close(): Promise<void> {
    this.server.off('upgrade', this.onUpgrade);
  }

  private takeUpgrades(): void {
    this.server.on('upgrade', this.onUpgrade);
    // Other protocols that a REST client offers, such as h2c, are ignored, as RFC 9110 section 7.8 allows: the request is answered as it is.
    Object.assign(this.server, {
      shouldUpgradeCallback: ({ headers, url }: IncomingMessage) =>
        headers.upgrade?.toLowerCase() === 'websocket' || isSocketPath(splitUrl(url ?? '').path),
    });
  }
}

/** Stops the start where a gateway of a module asks for what this server does not have. */
function requireSharedDoor(port: number, { path, namespace }: GatewayOptions): void {
  if (port === 0 && path === undefined && namespace === undefined) return;
  throw new Error(
    '@WebSocketGateway takes no port, path or namespace here: all gateways share the socket of this server; name its actions instead',
  );
}
