import type { ConfigValues } from './schema.js';

/** Settings that are each allowed but not together, one sentence each. */
export function contradictions({ server, auth, storage }: ConfigValues): readonly string[] {
  const problems: string[] = [];
  if (server.port !== 0 && server.port === server.opsPort) {
    problems.push(
      `WAYBILL_PORT, WAYBILL_OPS_PORT: both are ${server.port}. The operators' port must be another one; give one of them a different number.`,
    );
  }
  if (auth.tokenTtlSeconds > auth.tokenMaxTtlSeconds) {
    problems.push(
      `WAYBILL_TOKEN_TTL_S: ${auth.tokenTtlSeconds} is more than WAYBILL_TOKEN_MAX_TTL_S (${auth.tokenMaxTtlSeconds}). Lower the first or raise the second.`,
    );
  }
  if (storage.poolMin > storage.poolSize) {
    problems.push(
      `WAYBILL_DB_POOL_MIN: ${storage.poolMin} is more than WAYBILL_DB_POOL (${storage.poolSize}). Lower the first or raise the second.`,
    );
  }
  return problems;
}
