import { mayReconnect } from './close-rule.js';
import { WaybillError } from './errors.js';
import { CLOSE_CODES, ERROR_CODES, type ErrorCode } from './generated/codes.js';
import type { LinkEnd } from './link.js';

/** What follows the end of a socket. */
export type Verdict =
  | { readonly kind: 'retry'; readonly cause: WaybillError; readonly floorMs: number }
  | { readonly kind: 'renew-token'; readonly cause: WaybillError }
  | { readonly kind: 'end'; readonly cause: WaybillError };

/** After a socket that was open: the close code alone decides, and 4401 needs a new token. */
export function verdictOnClose(end: LinkEnd, floorMs: number, renewable: boolean): Verdict {
  const said = end.reason === '' ? `close code ${end.code}` : `${end.reason} (close code ${end.code})`;
  if (end.code === CLOSE_CODES.TOKEN_EXPIRED) return onExpiredToken(said, renewable, end.code);
  if (mayReconnect(end.code)) {
    return {
      kind: 'retry',
      cause: new WaybillError('CONNECTION_LOST', `The connection was lost: ${said}`, { closeCode: end.code }),
      floorMs,
    };
  }
  return {
    kind: 'end',
    cause: new WaybillError('CLOSED_BY_SERVER', `The server closed the connection for good: ${said}`, { closeCode: end.code }),
  };
}

/**
 * After an upgrade that failed. A browser sees each such failure as 1006, so `auth/check` was asked: `answer` is undefined
 * where it found nothing wrong.
 */
export function verdictOnRefusal(answer: WaybillError | undefined, floorMs: number, renewable: boolean): Verdict {
  if (answer === undefined) {
    return {
      kind: 'retry',
      cause: new WaybillError('UNREACHABLE', 'The connection could not be opened, though nothing was found wrong with the token'),
      floorMs,
    };
  }
  if (answer.code === 'TOKEN_EXPIRED') return onExpiredToken(answer.message, renewable);
  const status = Object.hasOwn(ERROR_CODES, answer.code) ? ERROR_CODES[answer.code as ErrorCode].http : undefined;
  if (status === 401 || status === 403) return { kind: 'end', cause: answer };
  return { kind: 'retry', cause: answer, floorMs: Math.max(floorMs, answer.retryAfterMs ?? 0) };
}

function onExpiredToken(said: string, renewable: boolean, closeCode?: number): Verdict {
  if (renewable) return { kind: 'renew-token', cause: new WaybillError('TOKEN_EXPIRED', said, { closeCode }) };
  const advice = 'give the client a function as `token`, so that it can fetch a new one';
  return { kind: 'end', cause: new WaybillError('TOKEN_EXPIRED', `${said}; ${advice}`, { closeCode }) };
}
