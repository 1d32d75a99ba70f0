import type { TLSSocket } from 'node:tls';
import type { TlsFailure } from '../telemetry/telemetry.js';

const REASONS: Readonly<Record<string, TlsFailure>> = {
  ERR_SSL_HTTP_REQUEST: 'plain_http',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'timeout',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'version_or_suite',
  ERR_SSL_WRONG_VERSION_NUMBER: 'version_or_suite',
  ERR_SSL_NO_SHARED_CIPHER: 'version_or_suite',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'version_or_suite',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'version_or_suite',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'client_certificate',
};

/** Why a handshake failed, as metrics name it. */
export function handshakeFailure({ code }: NodeJS.ErrnoException, socket: Pick<TLSSocket, 'authorizationError'>): TlsFailure {
  // Null while nothing was judged, whatever its type says.
  if (socket.authorizationError) return 'client_certificate';
  return REASONS[code ?? ''] ?? 'other';
}
