import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ModuleRef } from '@nestjs/core';
import type { Config } from '../../config/config.js';
import { CanaryDoor } from '../../messaging/canary-door.js';
import { EventBus } from '../../messaging/event-bus.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import type { Message } from '../../messaging/message.js';
import { Publisher } from '../../messaging/publisher.js';
import { Certificates } from '../../tls/certificates.js';
import { type CanaryPath, CanaryTrouble } from './canary-result.js';
import type { CanaryWay } from './canary-run.js';
import { CanarySocket } from './canary-socket.js';
import type { HopClock } from './hop-clock.js';
import { loopbackTo } from './loopback.js';
import type { OwnDoor } from './own-door.js';

/** The canary's way through the node that it lives in: its publisher, its bus, and its public port. Keeps one socket for all runs. */
export class NodeWay implements CanaryWay {
  private socket: CanarySocket | undefined;
  private opening: AbortController | undefined;

  constructor(
    private readonly modules: ModuleRef,
    private readonly config: Config,
    /** The server of the public port. */
    private readonly server: () => Server,
    private readonly topics: Readonly<Record<CanaryPath, string>>,
    /** A way to that server that no other process shares, where one is needed. */
    private readonly ownDoor: OwnDoor | undefined,
  ) {}

  async socketFor(_path: CanaryPath, topic: string, clock: HopClock): Promise<CanarySocket> {
    const socket = await this.opened(clock);
    if (socket.topics.has(topic)) clock.keep('subscribe');
    else await socket.subscribe(topic, clock);
    return socket;
  }

  async publish(topic: string, msgId: string): Promise<void> {
    const publisher = this.modules.get(Publisher, { strict: false });
    await publisher.publish(
      { topic, action: 'canary', dataText: '{}', msgId, clientTimestamp: undefined, trace: undefined },
      { principal: this.door.principal, door: 'system', connection: undefined },
    );
  }

  tap(topic: string, listener: (message: Message) => void): Promise<() => void> {
    return this.modules.get(EventBus, { strict: false }).onTopic(topic, listener);
  }

  framesTo(connectionId: string): number | undefined {
    return this.modules.get(GatewayControl, { strict: false }).connection(connectionId)?.frames_out;
  }

  /** The next run begins with a new socket. */
  cut(): void {
    this.opening?.abort();
    this.opening = undefined;
    this.socket?.terminate();
    this.socket = undefined;
  }

  close(): void {
    this.opening?.abort();
    this.socket?.close();
    this.socket = undefined;
    this.ownDoor?.close();
  }

  private get door(): CanaryDoor {
    return this.modules.get(CanaryDoor, { strict: false });
  }

  private async addressOf(server: Server): Promise<AddressInfo | null> {
    return this.ownDoor === undefined ? (server.address() as AddressInfo | null) : this.ownDoor.open(server);
  }

  private async opened(clock: HopClock): Promise<CanarySocket> {
    if (this.socket?.isOpen === true) {
      clock.keep('connect');
      clock.keep('authenticate');
      return this.socket;
    }
    const server = this.server();
    await requireRoom(server);
    const loopback = loopbackTo(server, await this.addressOf(server), this.config, this.modules.get(Certificates, { strict: false }).chain);
    const opening = new AbortController();
    this.opening = opening;
    const socket = await CanarySocket.open(loopback, this.topics.live, this.door.ticket(), clock, opening.signal);
    this.opening = undefined;
    this.socket = socket;
    return socket;
  }
}

/** Beyond this number connections are closed unread: that is a full node, not a broken one. */
async function requireRoom(server: Server): Promise<void> {
  const { maxConnections: most } = server;
  if (!(most > 0)) return;
  const open = await new Promise<number>((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)));
  if (open < most) return;
  throw new CanaryTrouble('skipped', 'connect', `the node is full: all ${most} sockets that its descriptors allow are open`);
}
