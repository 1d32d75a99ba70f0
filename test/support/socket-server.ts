import type { AddressInfo } from 'node:net';
import { Global, Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { MemoryTicketShelf } from '../../src/auth/memory-ticket-shelf.js';
import { Tickets } from '../../src/auth/tickets.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { Authenticator } from '../../src/auth/authenticator.js';
import { Authorizer } from '../../src/auth/authorizer.js';
import { ClaimsAuthorizer } from '../../src/auth/claims-authorizer.js';
import { DeviceChallenges } from '../../src/auth/devices/device-challenges.js';
import { OperatorSessions } from '../../src/auth/operators/operator-sessions.js';
import { Revocations } from '../../src/auth/revocations.js';
import { Secrets } from '../../src/auth/secrets.js';
import { Config } from '../../src/config/config.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { Admission } from '../../src/gateway/admission.js';
import { ConnectionPlaces } from '../../src/gateway/connection-places.js';
import { GatewayModule } from '../../src/gateway/gateway.module.js';
import { EventStreams } from '../../src/gateway/http/event-streams.js';
import { createHttpAdapter } from '../../src/gateway/http/http-adapter.js';
import { HttpModule } from '../../src/gateway/http/http.module.js';
import { Connection } from '../../src/gateway/ws/connection.js';
import { Limits } from '../../src/gateway/limits/limits.js';
import { RecentlyClosed } from '../../src/gateway/recently-closed.js';
import { SendBudget } from '../../src/gateway/send-budget.js';
import { ConnectionRegistry } from '../../src/gateway/ws/registry.js';
import { WaybillWsAdapter } from '../../src/gateway/ws/waybill-ws-adapter.js';
import { HintSource } from '../../src/messaging/hint-source.js';
import { LedgerReader } from '../../src/messaging/ledger/ledger-reader.js';
import { Ledger } from '../../src/messaging/ledger/ledger.js';
import { MemoryLedger } from '../../src/messaging/ledger/memory-ledger.js';
import { ErasureStore } from '../../src/messaging/ledger/erasure-store.js';
import { MemoryHintSource } from '../../src/messaging/memory-hint-source.js';
import { MemoryMessageLog } from '../../src/messaging/memory-message-log.js';
import { MessageLog } from '../../src/messaging/message-log.js';
import { MessagingModule } from '../../src/messaging/messaging.module.js';
import { StorageModule } from '../../src/storage/storage.module.js';
import { RecordingTelemetry } from '../../src/telemetry/recording-telemetry.js';
import { Telemetry } from '../../src/telemetry/telemetry.js';
import { TableAuthenticator } from './rest-server.js';
import { TestSocket } from './socket.js';
import { testConfig } from './tokens.js';

/** Rights of a user who may do everything a user can. */
export const EVERYTHING = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] }, broadcast: true };

export interface SocketServerOptions {
  /** Options by environment name. */
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: unknown;
  readonly modules?: readonly Type[];
  /** What is done to the application before its start. */
  readonly prepare?: (app: NestFastifyApplication) => void;
}

/** The socket door on a free port, over the real core with its memory adapters. Only who may enter is a table. */
export class SocketServer {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly telemetry: RecordingTelemetry,
    readonly credentials: TableAuthenticator,
  ) {}

  static async start({ env = {}, file, modules = [], prepare = () => undefined }: SocketServerOptions = {}): Promise<SocketServer> {
    const config = Config.from({ WAYBILL_GROUP_COMMIT_MS: '0', WAYBILL_HEAD_SWEEP_MS: '0', WAYBILL_ACCEPT_LAG_MS: '0', ...env }, file);
    const telemetry = new RecordingTelemetry();
    const credentials = new TableAuthenticator();
    const ledger = new MemoryLedger();
    const parts = partsOf(config, telemetry, credentials);
    const module = await Test.createTestingModule({ imports: [ConfigModule.with(config), parts, GatewayModule, ...modules] })
      .overrideModule(AuthModule)
      .useModule(parts)
      .overrideModule(StorageModule)
      .useModule(parts)
      .overrideModule(HttpModule)
      .useModule(EntranceModule)
      .overrideProvider(MessageLog)
      .useFactory({ factory: () => new MemoryMessageLog(config) })
      .overrideProvider(HintSource)
      .useClass(MemoryHintSource)
      .overrideProvider(Ledger)
      .useValue(ledger)
      .overrideProvider(LedgerReader)
      .useValue(ledger)
      .overrideProvider(ErasureStore)
      .useValue({})
      .compile();
    const app = module.createNestApplication<NestFastifyApplication>(createHttpAdapter(config), { logger: false });
    try {
      app.useWebSocketAdapter(new WaybillWsAdapter(app));
      prepare(app);
      await app.listen(0, '127.0.0.1');
    } catch (error) {
      await app.close();
      throw error;
    }
    return new SocketServer(app, telemetry, credentials);
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  get registry(): ConnectionRegistry {
    return this.app.get(ConnectionRegistry);
  }

  /** A token of a user who may do everything. */
  token(user = 'alice', expiresAt?: number): string {
    return this.credentials.token(user, EVERYTHING, expiresAt);
  }

  connect(user = 'alice'): Promise<TestSocket> {
    return TestSocket.connect(this.port, this.token(user));
  }

  /** The server's end of the only open connection. */
  only(): Connection {
    const [connection, ...others] = [...this.registry.all()];
    if (connection === undefined || others.length > 0) throw new Error(`there are ${this.registry.size} connections, not one`);
    return connection;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

@Module({
  imports: [MessagingModule],
  providers: [Admission, ConnectionPlaces, Limits, EventStreams, SendBudget, RecentlyClosed],
  exports: [Admission, ConnectionPlaces, Limits, EventStreams, SendBudget, RecentlyClosed],
})
class EntranceModule {}

/** The parts that everybody needs, in one global module. */
function partsOf(config: Config, telemetry: Telemetry, authenticator: Authenticator): Type {
  @Global()
  @Module({
    providers: [
      { provide: Telemetry, useValue: telemetry },
      { provide: Authenticator, useValue: authenticator },
      { provide: Authorizer, useValue: new ClaimsAuthorizer(config) },
      { provide: Revocations, useValue: new Revocations(telemetry) },
      { provide: Tickets, useValue: new Tickets(config, new MemoryTicketShelf()) },
      // There are no operators here, so no session ends.
      { provide: OperatorSessions, useValue: { onEnd: () => undefined } },
      { provide: DeviceChallenges, useValue: new DeviceChallenges(config, new Secrets(testConfig())) },
    ],
    exports: [Telemetry, Authenticator, Authorizer, Revocations, OperatorSessions, DeviceChallenges, Tickets],
  })
  class Parts {}
  return Parts;
}
