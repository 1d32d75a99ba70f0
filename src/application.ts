import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { Logger, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { descriptorLimit, roomWithin, type SocketRoom } from './gateway/descriptor-limit.js';
import { createHttpAdapter } from './gateway/http/http-adapter.js';
import { serveRest } from './gateway/http/serve-rest.js';
import { WaybillWsAdapter } from './gateway/ws/waybill-ws-adapter.js';
import { joinOthers } from './joining.js';
import { NestLogger } from './monitoring/logging/nest-logger.js';
import { OpsServer } from './monitoring/ops-server.js';
import { Certificates } from './tls/certificates.js';

/** A running gateway. */
export interface Gateway {
  readonly app: NestFastifyApplication;
  /** The public port, as bound: the configured one may have been 0. */
  readonly port: number;
  readonly opsPort: number;
  /** Drains the sockets and stops everything that was started. */
  close(): Promise<void>;
}

/** Starts a gateway. `extensions` are modules with handlers and listeners of their own. Throws where it cannot start; nothing is left running then. */
export async function createApplication(settings: Config, extensions: readonly Type[] = []): Promise<Gateway> {
  const room = socketRoom(settings);
  const config = withinRoom(settings, room);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, extensions), createHttpAdapter(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  try {
    app.useLogger(app.get(NestLogger));
    if (config !== settings) warnOfRoom(settings, config);
    if (room !== undefined) app.getHttpServer().maxConnections = room.sockets;
    app.useWebSocketAdapter(new WaybillWsAdapter(app));
    serveRest(app);
    await app.init();
    await joinOthers(app);
    serveCertificates(app);
    const { port, host, backlog } = config.server;
    // Several processes may listen on one port, and the kernel spreads connections over them (SO_REUSEPORT).
    const reusePort = config.cluster.workers > 1;
    // Nest types only the port, and hands on whatever the adapter takes.
    await app.listen({ port, host, backlog, reusePort } as unknown as number);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, port, opsPort: app.get(OpsServer).port, close: () => app.close() };
}

/** Both ports, where they speak TLS. Before they listen, so that no handshake meets another certificate. */
function serveCertificates(app: NestFastifyApplication): void {
  const certificates = app.get(Certificates);
  for (const server of [app.getHttpServer(), app.get(OpsServer).server]) if (server instanceof TlsServer) certificates.serve(server);
}

function socketRoom({ storage }: Config): SocketRoom | undefined {
  const limit = descriptorLimit();
  return limit === undefined ? undefined : roomWithin(limit, storage.poolSize);
}

/** The same settings where all connections that they allow find room. */
function withinRoom(settings: Config, room: SocketRoom | undefined): Config {
  const { maxConnections } = settings.gateway;
  if (room === undefined || (maxConnections > 0 && maxConnections <= room.connections)) return settings;
  return settings.withGateway({ maxConnections: room.connections });
}

function warnOfRoom(settings: Config, { gateway: { maxConnections } }: Config): void {
  const wanted = settings.gateway.maxConnections;
  new Logger('DescriptorLimit').warn(
    `this process may open ${String(descriptorLimit())} descriptors, which leaves room for ${maxConnections} connections instead of ${wanted === 0 ? 'any number' : wanted} ` +
      '(gateway.maxConnections): raise the limit (ulimit -n, LimitNOFILE) or lower the option',
  );
}
