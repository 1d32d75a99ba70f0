import type { ConfigValues } from './schema.js';

/** Bytes of an HMAC algorithm's output: a shorter secret is weaker than the algorithm (RFC 7518 section 3.2). */
const HMAC_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

/** Settings that are each allowed but not together, one sentence each. */
export function contradictions({ server, tls, auth, storage, cluster, monitoring }: ConfigValues): readonly string[] {
  const problems: string[] = [];
  if (server.port !== 0 && server.port === server.opsPort) {
    problems.push(
      `WAYBILL_PORT, WAYBILL_OPS_PORT: both are ${server.port}. The operators' port must be another one; give one of them a different number.`,
    );
  }
  if (cluster.workers > 1 && cluster.redisUrl === undefined) {
    problems.push(
      `WAYBILL_WORKERS: ${cluster.workers} processes share topics only through Redis. Set REDIS_URL, or run one process (WAYBILL_WORKERS=1).`,
    );
  }
  if (auth.tokenTtlSeconds > auth.tokenMaxTtlSeconds) {
    problems.push(
      `WAYBILL_TOKEN_TTL_S: ${auth.tokenTtlSeconds} is more than WAYBILL_TOKEN_MAX_TTL_S (${auth.tokenMaxTtlSeconds}). Lower the first or raise the second.`,
    );
  }
  if (auth.tokenMaxTtlSeconds > auth.tokenAcceptedTtlSeconds) {
    problems.push(
      `WAYBILL_TOKEN_MAX_TTL_S: ${auth.tokenMaxTtlSeconds} is more than WAYBILL_TOKEN_ACCEPTED_TTL_S (${auth.tokenAcceptedTtlSeconds}), so tokens would be minted that are refused. Lower the first or raise the second.`,
    );
  }
  const secretBytes = auth.jwtSecret === undefined ? Infinity : Buffer.byteLength(auth.jwtSecret);
  if (secretBytes < HMAC_BYTES[auth.jwtAlgorithm]) {
    problems.push(
      `WAYBILL_JWT_SECRET: is shorter than the ${HMAC_BYTES[auth.jwtAlgorithm]} bytes that WAYBILL_JWT_ALGORITHM ${auth.jwtAlgorithm} needs. Make one with: openssl rand -base64 64`,
    );
  }
  if (auth.jwksStaleSeconds < auth.jwksCacheSeconds) {
    problems.push(
      `WAYBILL_JWKS_STALE_S: ${auth.jwksStaleSeconds} is less than WAYBILL_JWKS_CACHE_S (${auth.jwksCacheSeconds}). Raise the first or lower the second.`,
    );
  }
  if (cluster.nodeLostMs < 2 * cluster.heartbeatMs) {
    problems.push(
      `WAYBILL_NODE_LOST_MS: ${cluster.nodeLostMs} is less than twice WAYBILL_NODE_HEARTBEAT_MS (${cluster.heartbeatMs}), so one late heartbeat would make a node lost. Raise the first or lower the second.`,
    );
  }
  if (storage.poolMin > storage.poolSize) {
    problems.push(
      `WAYBILL_DB_POOL_MIN: ${storage.poolMin} is more than WAYBILL_DB_POOL (${storage.poolSize}). Lower the first or raise the second.`,
    );
  }
  if ((monitoring.otlpClientCertificateFile === undefined) !== (monitoring.otlpClientKeyFile === undefined)) {
    problems.push(
      'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE, OTEL_EXPORTER_OTLP_CLIENT_KEY: one is set without the other. Set both, or neither to show the collector no certificate.',
    );
  }
  problems.push(...tlsContradictions(tls));
  return problems;
}

function tlsContradictions(tls: ConfigValues['tls']): readonly string[] {
  const problems: string[] = [];
  const hasCertificate = tls.certFile !== undefined;
  if (hasCertificate !== (tls.keyFile !== undefined)) {
    const [present, absent] = hasCertificate ? ['CERT', 'KEY'] : ['KEY', 'CERT'];
    problems.push(`WAYBILL_TLS_${present}_FILE: is set without WAYBILL_TLS_${absent}_FILE. Set both for TLS, or neither for plain HTTP.`);
  }
  if (tls.clientCert !== 'off' && tls.clientCaFile === undefined) {
    problems.push(`WAYBILL_TLS_CLIENT_CERT: "${tls.clientCert}" needs WAYBILL_TLS_CLIENT_CA_FILE. Name the file with your authorities.`);
  }
  if (tls.clientCert === 'off' && (tls.clientCaFile !== undefined || tls.clientCrlFile !== undefined)) {
    problems.push(
      'WAYBILL_TLS_CLIENT_CERT: is off, yet a client CA or revocation list is set, which nobody would be checked by. Set it to required or optional, or unset the files.',
    );
  }
  const wantsTls = tls.clientCert !== 'off' || tls.ops;
  if (wantsTls && !hasCertificate) {
    problems.push(
      'WAYBILL_TLS_CERT_FILE: is needed where WAYBILL_TLS_CLIENT_CERT or WAYBILL_OPS_TLS is set. Name the certificate and its key.',
    );
  }
  return problems;
}
