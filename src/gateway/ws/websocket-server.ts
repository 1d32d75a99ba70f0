import { type Server, WebSocketServer } from 'ws';
import type { ConfigValues } from '../../config/schema.js';
import { SUBPROTOCOL } from '../../protocol/limits.js';
import { GatewaySocket } from './gateway-socket.js';

/** The `ws` server that completes upgrades. It listens to nothing and keeps no list; every limit it knows is set here. */
export function createWebSocketServer(config: ConfigValues['gateway']): Server<typeof GatewaySocket> {
  const options = {
    noServer: true,
    clientTracking: false,
    WebSocket: GatewaySocket,
    maxPayload: config.frameBytes,
    maxFragments: config.frameFragments,
    maxBufferedChunks: config.bufferedChunks,
    closeTimeout: config.closeTimeoutMs,
    // Negotiated here and done elsewhere: `Inflation` reads, `Outbound` writes. No context is kept on either side.
    perMessageDeflate: config.compression && { serverNoContextTakeover: true, clientNoContextTakeover: true },
    skipUTF8Validation: false,
    // Several frames of one chunk are handled in one turn; the dispatcher bounds what they start.
    allowSynchronousEvents: true,
    // Pongs are the connection's to send, after it has counted the ping.
    autoPong: false,
    // Without this the first offered subprotocol would be echoed, and that may hold the token.
    handleProtocols: (offered: Set<string>): string | false => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  };
  return new WebSocketServer(options);
}
