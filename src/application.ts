import type { AddressInfo } from 'node:net';
import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { Config } from './config/config.js';
import { createHttpAdapter } from './gateway/http/http-adapter.js';
import { serveRest } from './gateway/http/serve-rest.js';
import { WaybillWsAdapter } from './gateway/ws/waybill-ws-adapter.js';
import { NestLogger } from './monitoring/logging/nest-logger.js';
import { OpsServer } from './monitoring/ops-server.js';

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
export async function createApplication(config: Config, extensions: readonly Type[] = []): Promise<Gateway> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, extensions), createHttpAdapter(config), {
    bufferLogs: true,
    abortOnError: false,
  });
  try {
    app.useLogger(app.get(NestLogger));
    app.useWebSocketAdapter(new WaybillWsAdapter(app));
    serveRest(app);
    await app.listen(config.server.port, config.server.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, port, opsPort: app.get(OpsServer).port, close: () => app.close() };
}
