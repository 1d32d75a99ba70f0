import type { DrainState } from '../../messaging/node-drain.js';
import { CLOSES } from '../../protocol/close-codes.js';
import { ERRORS, type ErrorCode } from '../../protocol/error-codes.js';
import type {
  CacheName,
  CloseInitiator,
  DropReason,
  JwksResult,
  LedgerKind,
  RevocationKind,
  SessionResult,
  SignInResult,
} from '../../telemetry/telemetry.js';
import type { RootClass } from '../tracing/trace-sampler.js';

/** The closed sets that labels draw from; those of the registries are the registries' own. */
export const RESULTS = Object.keys(ERRORS) as readonly ErrorCode[];

/**
 * How publishes end in each namespace from the start: what the objective counts. What is the caller's own fault, and any other code of the
 * registry, appears when it first happens: over all namespaces they would be most of a node's series.
 */
export const PUBLISH_RESULTS = ['OK', 'INTERNAL', 'UNAVAILABLE', 'UNKNOWN_OUTCOME'] as const satisfies readonly ErrorCode[];

/** How commands usually end; the other codes of the registry appear when they first happen. */
export const COMMAND_RESULTS = [
  'OK',
  'BAD_REQUEST',
  'PERMISSION_DENIED',
  'RATE_LIMITED',
  'INTERNAL',
  'UNAVAILABLE',
] as const satisfies readonly ErrorCode[];

/** What the audit trail records of routes; each is a route's `audit`. */
export const OPERATOR_ACTIONS = [
  'canary.run',
  'connection.disconnect',
  'connections.disconnect',
  'connections.disconnect.stop',
  'device.create',
  'device.disable',
  'device.enable',
  'device.key.create',
  'device.key.remove',
  'device.remove',
  'diagnostics.cpu_profile',
  'diagnostics.heap_snapshot',
  'key.create',
  'key.revoke',
  'key.rotate',
  'message.payload',
  'message.publish',
  'messages.read',
  'node.drain',
  'node.take_back',
  'operator.change',
  'operator.create',
  'operator.password',
  'operator.remove',
  'probe.end',
  'probe.start',
  'revocation.create',
  'revocation.delete',
  'session.end',
  'settings.change',
  'settings.rollback',
  'token.mint',
  'topic.delete',
  'user.block',
  'user.erase',
  'user.unblock',
] as const;
export const OPERATOR_RESULTS = ['ok', 'refused', 'failed'] as const;

const FIRST_SERVER_FAULT = 500;

/** `refused`: the caller may not, or asked for what cannot be; `failed`: this program or what it needs. */
export function actionResult(result: ErrorCode): (typeof OPERATOR_RESULTS)[number] {
  if (result === 'OK') return 'ok';
  return ERRORS[result].http < FIRST_SERVER_FAULT ? 'refused' : 'failed';
}

export const ACTIONS = [
  'auth',
  'auth.refresh',
  'auth.challenge',
  'ping',
  'topic.subscribe',
  'topic.unsubscribe',
  'topic.publish',
  'topic.ack',
  'resume',
  'topic.history',
  'topic.presence',
  'user.send',
  'unknown',
] as const;

export const AUTH_METHODS = ['header', 'subprotocol', 'ticket', 'frame', 'api_key', 'certificate', 'device', 'session'] as const;
/** Which key of a device made a proof. */
export const DEVICE_KEYS = ['current', 'previous', 'none'] as const;
export const CACHES = ['token', 'api_key', 'operator_session', 'jwks'] as const satisfies readonly CacheName[];
export const JWKS_RESULTS = ['ok', 'unreachable', 'timeout', 'status', 'too_big', 'invalid'] as const satisfies readonly JwksResult[];
export const REVOCATION_KINDS = [
  'token',
  'renewed',
  'user',
  'everyone',
  'device',
  'device_key',
  'block',
] as const satisfies readonly RevocationKind[];
export const SIGN_IN_RESULTS = ['ok', 'wrong', 'limited', 'unavailable'] as const satisfies readonly SignInResult[];
export const SESSION_RESULTS = ['resumed', 'gone', 'foreign', 'unavailable'] as const satisfies readonly SessionResult[];
export const DOORS = ['socket', 'rest', 'system'] as const;
/** The door that no node stands at; its refusals are the transaction's own. */
export const SQL_DOOR = ['sql'] as const;
export const INITIATORS = ['client', 'server', 'network'] as const satisfies readonly CloseInitiator[];
export const DROP_REASONS = [
  'slow_consumer',
  'connection_closed',
  'gateway_failed',
  'heal_failed',
] as const satisfies readonly DropReason[];
export const DELIVERY_RESULTS = ['matched', 'written', 'acked', 'dropped', 'unconfirmed', 'not_written'] as const;
export const LEDGER_KINDS = ['open', 'closed', 'fetch', 'connection', 'refusal'] as const satisfies readonly LedgerKind[];
export const GAP_REASONS = ['bus_loss', 'heal_failed', 'history_gone', 'reset', 'slow_consumer'] as const;
export const RATE_SCOPES = [
  'accepts',
  'address',
  'connection',
  'history',
  'key',
  'presence',
  'publish_queue',
  'sign_in',
  'subscribes',
  'user',
] as const;
export const BUS_ROLES = ['publish', 'subscribe'] as const;
export const MEMBER_STATES = ['there', 'lost'] as const;
export const HEALTH_PARTS = ['database', 'jwks', 'ledger', 'bus', 'event_loop', 'memory', 'canary'] as const;
export const DRAIN_STATES = ['running', 'drained', 'stopping'] as const satisfies readonly DrainState[];
export const TRACE_ROOTS = ['connection', 'command', 'message'] as const satisfies readonly RootClass[];
export const BUS_OPERATIONS = ['publish', 'publish_ephemeral', 'tell', 'probe', 'subscribe', 'unsubscribe'] as const;
export const DATABASE_OPERATIONS = [
  'append',
  'ends',
  'read',
  'topics',
  'delete',
  'trim',
  'probe',
  'api_key',
  'revocations',
  'device',
  'operator_session',
  'hints',
  'audit',
  'settings',
  'namespaces',
  'ledger',
] as const;
/** What a circuit breaker stands before. */
export const DEPENDENCIES = ['database'] as const;
export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export const HTTP_STATUSES = ['2xx', '3xx', '4xx', '5xx'] as const;

const CLOSED_BY_PEER: Readonly<Record<number, string>> = { 1001: 'going away', 1005: 'no status', 1006: 'abnormal' };

const REASON_OF_CODE: ReadonlyMap<number, string> = new Map([
  ...Object.values(CLOSES).map(({ code, reason }): [number, string] => [code, reason]),
  ...Object.entries(CLOSED_BY_PEER).map(([code, reason]): [number, string] => [Number(code), reason]),
]);

export const CLOSE_REASONS: readonly string[] = [...new Set(REASON_OF_CODE.values())];

/** Reason of a close as a label: the registry's for its codes, `other` for what a peer made up. */
export function closeReason(code: number): string {
  return REASON_OF_CODE.get(code) ?? 'other';
}
