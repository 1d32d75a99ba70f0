import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Global, Module, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import { MemoryAuditTrail } from '../../src/audit/memory-audit-trail.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { Authenticator, type Credentials } from '../../src/auth/authenticator.js';
import { Authorizer } from '../../src/auth/authorizer.js';
import { ClaimsAuthorizer } from '../../src/auth/claims-authorizer.js';
import { operatorPrincipal } from '../../src/auth/operators/operator-rights.js';
import { EVERY_GRANT, type Grants, NO_GRANTS, type OperatorRole, type Principal, type Scope, SCOPES } from '../../src/auth/principal.js';
import { Config } from '../../src/config/config.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { Admission } from '../../src/gateway/admission.js';
import { ConnectionPlaces } from '../../src/gateway/connection-places.js';
import { DocumentsController } from '../../src/gateway/http/docs/documents.controller.js';
import { OpenApi } from '../../src/gateway/http/docs/open-api.js';
import { DoorsController } from '../../src/gateway/http/doors.controller.js';
import { EventStreams } from '../../src/gateway/http/event-streams.js';
import { createHttpAdapter } from '../../src/gateway/http/http-adapter.js';
import { ErrorFilter } from '../../src/gateway/http/error-filter.js';
import { MessagesController } from '../../src/gateway/http/messages.controller.js';
import { Rest } from '../../src/gateway/http/rest.js';
import { Limits } from '../../src/gateway/limits/limits.js';
import { RecentlyClosed } from '../../src/gateway/recently-closed.js';
import { SendBudget } from '../../src/gateway/send-budget.js';
import { serveRest } from '../../src/gateway/http/serve-rest.js';
import { TopicsController } from '../../src/gateway/http/topics.controller.js';
import { HintSource } from '../../src/messaging/hint-source.js';
import { MemoryHintSource } from '../../src/messaging/memory-hint-source.js';
import { MemoryMessageLog } from '../../src/messaging/memory-message-log.js';
import { MessageLog } from '../../src/messaging/message-log.js';
import { MessagingModule } from '../../src/messaging/messaging.module.js';
import { Refusal } from '../../src/protocol/refusal.js';
import { ErasureStore } from '../../src/messaging/ledger/erasure-store.js';
import { Ledger } from '../../src/messaging/ledger/ledger.js';
import { LedgerReader } from '../../src/messaging/ledger/ledger-reader.js';
import { MemoryLedger } from '../../src/messaging/ledger/memory-ledger.js';
import { StorageModule } from '../../src/storage/storage.module.js';
import { RecordingTelemetry } from '../../src/telemetry/recording-telemetry.js';
import { Telemetry } from '../../src/telemetry/telemetry.js';

export interface RestServer {
  readonly app: NestFastifyApplication;
  readonly port: number;
  readonly telemetry: RecordingTelemetry;
  readonly log: MessageLog;
  readonly streams: EventStreams;
  readonly admission: Admission;
  readonly credentials: TableAuthenticator;
  /** A call with the full API key unless `headers` say otherwise (an empty authorization: with none); `body` is sent as it stands. */
  call(method: string, path: string, body?: string, headers?: Readonly<Record<string, string>>): Promise<RestAnswer>;
  close(): Promise<void>;
}

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: {
    readonly code: string;
    readonly message: string;
    readonly field?: string;
    readonly rule?: string;
    readonly retry_after_ms?: number;
    readonly trace_id?: string;
    readonly data: never;
  };
}

/** Every credential that exists, by its text. */
export class TableAuthenticator extends Authenticator {
  readonly #principals = new Map<string, Principal>();

  /** An API key with these scopes. */
  key(...scopes: readonly Scope[]): string {
    const key = `key-${randomUUID()}`;
    this.#principals.set(key, {
      kind: 'api_key',
      id: `key:${key.slice(0, 8)}`,
      roles: [],
      grants: EVERY_GRANT,
      scopes,
      expiresAt: undefined,
      tokenId: undefined,
    });
    return key;
  }

  /** The credential of an operator; routes take it by its scopes. */
  operator(name: string, role: OperatorRole): string {
    const key = `key-${randomUUID()}`;
    this.#principals.set(key, operatorPrincipal(name, role, Date.now() + 3_600_000));
    return key;
  }

  /** A user token; it has the two dots that tell a token from a key. */
  token(user: string, grants: Partial<Grants> = {}, expiresAt?: number): string {
    const token = `t.${Buffer.from(user).toString('base64url')}.${randomUUID()}`;
    this.#principals.set(token, {
      kind: 'user',
      id: user,
      roles: [],
      grants: { ...NO_GRANTS, ...grants },
      scopes: [],
      expiresAt,
      tokenId: undefined,
    });
    return token;
  }

  async authenticate(credentials: Credentials): Promise<Principal> {
    const text = textOf(credentials);
    const principal = this.#principals.get(text);
    if (principal === undefined) throw new Refusal('UNAUTHENTICATED', 'the credential is not known');
    return principal;
  }
}

function textOf(credentials: Credentials): string {
  switch (credentials.kind) {
    case 'token':
      return credentials.token;
    case 'ticket':
      return credentials.ticket;
    case 'api_key':
      return credentials.key;
    case 'device':
      return credentials.proof;
    case 'session':
      return credentials.secret;
    case 'certificate':
      throw new Refusal('UNAUTHENTICATED', 'certificates are tested with the whole gateway');
  }
}

export interface RestServerOptions {
  /** Options by environment name. */
  readonly env?: Readonly<Record<string, string>>;
  /** More controllers, as another module of the process would bring them. */
  readonly controllers?: readonly Type[];
  /** Where actions are recorded. */
  readonly trail?: AuditTrail;
  /** What is done to the application before its start. */
  readonly serve?: (app: NestFastifyApplication) => void;
}

/** REST on a free port, over the real core with its memory adapters. Only who may enter is a table. */
export async function startRestServer({
  env = {},
  controllers = [],
  trail = new MemoryAuditTrail(),
  serve = serveRest,
}: RestServerOptions = {}): Promise<RestServer> {
  const config = Config.from({ WAYBILL_GROUP_COMMIT_MS: '0', WAYBILL_ACCEPT_LAG_MS: '0', ...env });
  const telemetry = new RecordingTelemetry();
  const credentials = new TableAuthenticator();
  const parts = partsOf(config, telemetry, credentials, trail);

  @Module({
    imports: [MessagingModule],
    controllers: [MessagesController, TopicsController, DocumentsController, DoorsController, ...controllers],
    providers: [
      Admission,
      ConnectionPlaces,
      Limits,
      SendBudget,
      RecentlyClosed,
      Rest,
      EventStreams,
      OpenApi,
      { provide: APP_FILTER, useClass: ErrorFilter },
    ],
  })
  class RestModule {}

  const ledger = new MemoryLedger();
  const module = await Test.createTestingModule({ imports: [ConfigModule.with(config), parts, RestModule] })
    .overrideModule(AuthModule)
    .useModule(parts)
    .overrideModule(StorageModule)
    .useModule(parts)
    .overrideProvider(MessageLog)
    .useFactory({ factory: () => new MemoryMessageLog(config) })
    .overrideProvider(Ledger)
    .useValue(ledger)
    .overrideProvider(LedgerReader)
    .useValue(ledger)
    .overrideProvider(ErasureStore)
    .useValue({})
    .overrideProvider(HintSource)
    .useClass(MemoryHintSource)
    .compile();
  const app = module.createNestApplication<NestFastifyApplication>(createHttpAdapter(config), { logger: false });
  try {
    serve(app);
    await app.listen(0, '127.0.0.1');
  } catch (error) {
    await app.close();
    throw error;
  }
  const { port } = app.getHttpServer().address() as AddressInfo;
  const everything = credentials.key(...SCOPES);
  return {
    app,
    port,
    telemetry,
    credentials,
    log: app.get(MessageLog, { strict: false }),
    streams: app.get(EventStreams),
    admission: app.get(Admission),
    close: () => app.close(),
    call: async (method, path, body, headers = {}) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: Object.entries({
          authorization: `Bearer ${everything}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        }).filter(([name, value]) => name !== 'authorization' || value !== ''),
        ...(body === undefined ? {} : { body }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, json: parsed(text) };
    },
  };
}

/** The parts that everybody needs, in one global module. */
function partsOf(config: Config, telemetry: Telemetry, authenticator: Authenticator, trail: AuditTrail): Type {
  @Global()
  @Module({
    providers: [
      { provide: Telemetry, useValue: telemetry },
      { provide: AuditTrail, useValue: trail },
      { provide: Authenticator, useValue: authenticator },
      { provide: Authorizer, useValue: new ClaimsAuthorizer(config) },
    ],
    exports: [Telemetry, AuditTrail, Authenticator, Authorizer],
  })
  class Parts {}
  return Parts;
}

function parsed(text: string): RestAnswer['json'] {
  try {
    return JSON.parse(text) as RestAnswer['json'];
  } catch {
    return { code: '', message: '', data: undefined as never };
  }
}
