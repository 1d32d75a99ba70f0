import { Refusal } from '../protocol/refusal.js';

/** How the client library says that it has not sent a command. */
const NOT_SENT = /^Stream isn't writeable/;
const RETRY_AFTER_MS = 1_000;

/** Redis is not in reach: nothing was sent. */
export function redisAway(what: string, trouble?: string): Refusal {
  const why = trouble === undefined ? '' : ` (${trouble})`;
  return new Refusal('UNAVAILABLE', `${what} needs Redis, which this node cannot reach now${why}; try again`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/** Redis takes no more of this node now: nothing was sent. */
export function redisBehind(what: string): Refusal {
  return new Refusal('UNAVAILABLE', `${what} needs Redis, which is behind with what this node has sent it; try again`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/** What a question to Redis failed with. It changed nothing, so it may be asked again. */
export function questionFailed(what: string, error: unknown): Refusal {
  return new Refusal('UNAVAILABLE', `${what} needs Redis, which did not answer: ${textOf(error)}; try again`, {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/** What a change at Redis failed with: where Redis said no or was told nothing, nothing happened; where it said nothing, that is not known. */
export function changeFailed(what: string, error: unknown): Refusal {
  if (error instanceof Error && (error.name === 'ReplyError' || NOT_SENT.test(error.message))) return questionFailed(what, error);
  const message = `${what}: Redis did not say whether it was done (${textOf(error)}); publish again with the same msg_id to find out`;
  return new Refusal('UNKNOWN_OUTCOME', message, { retryAfterMs: RETRY_AFTER_MS });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
