import { CLOSES, type CloseName } from '../../protocol/close-codes.js';
import { encodeServerFrame } from '../../protocol/codec.js';
import { LIMITS } from '../../protocol/limits.js';
import { textFrame } from '../../protocol/text-frame.js';
import type { CloseInitiator } from '../../telemetry/telemetry.js';

/** How and by whom a connection ended. `reason` is one of a closed set: it becomes a metric label. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
  readonly initiator: CloseInitiator;
}

const NO_CLOSE_FRAME = 1006;
/** What the reasons of the other two say themselves. */
const WHO: Readonly<Record<CloseInitiator, string>> = { server: ', by the server', client: '', network: '' };

/** The name of a code that `ws` chose for a frame it refused. */
export function closeNameOf(code: number): CloseName {
  const names = Object.keys(CLOSES) as CloseName[];
  return names.find((name) => CLOSES[name].code === code) ?? 'PROTOCOL_ERROR';
}

/** The end of a connection that the server did not close. */
export function endedByPeer(code: number, peerClosed: boolean): Closing {
  if (!peerClosed || code === NO_CLOSE_FRAME) return { code: NO_CLOSE_FRAME, reason: 'connection lost', initiator: 'network' };
  return { code, reason: 'closed by the client', initiator: 'client' };
}

/** `4408 slow consumer, by the server` */
export function endInWords({ code, reason, initiator }: Closing): string {
  return `${code} ${reason}${WHO[initiator]}`;
}

/** The last text frame before a close frame: browsers and proxies lose close reasons, and a reference helps support. */
export function closingFrame(code: number, reason: string, retryAfterMs: number | undefined, ref: string): Buffer {
  return textFrame(encodeServerFrame('sys.closing', { code, reason, retry_after_ms: retryAfterMs, ref }));
}

/** A reason cut to what a close frame may hold, at a whole character (RFC 6455 section 5.5). */
export function cutReason(reason: string): string {
  let cut = reason;
  while (Buffer.byteLength(cut) > LIMITS.closeReasonBytes) cut = [...cut].slice(0, -1).join('');
  return cut;
}
