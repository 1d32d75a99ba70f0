import { BareDialect } from './bare-dialect.ts';
import type { Dialect, DialectOptions } from './dialect.ts';
import { GatewayDialect } from './gateway-dialect.ts';
import { NatsDialect } from './nats-dialect.ts';
import { NestDialect } from './nest-dialect.ts';
import { SocketIoDialect } from './socket-io-dialect.ts';

/** `bare` also serves for nchan: there too the path tells subscribers from publishers, and messages pass as they are. */
const DIALECTS = {
  gateway: GatewayDialect,
  bare: BareDialect,
  nats: NatsDialect,
  nest: NestDialect,
  'socket-io': SocketIoDialect,
} as const;

export type DialectName = keyof typeof DIALECTS;

export function dialectOf(name: DialectName, options: DialectOptions): Dialect {
  return new DIALECTS[name](options);
}
