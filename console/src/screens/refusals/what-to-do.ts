import type { ErrorCode } from '@waybill/client';
import { closeWords } from '../connections/close-words.ts';

/** What somebody on call does about a code. One that the registry gains is asked for here by the compiler. */
const BY_CODE: Readonly<Record<ErrorCode, string>> = {
  OK: '',
  BAD_REQUEST: 'The client sends something malformed: the field is named. Tell whoever wrote it.',
  UNAUTHENTICATED: 'The credential is missing or not valid: look whether the application signs with the key that this gateway knows.',
  TOKEN_EXPIRED: 'Its token had expired: the application should hand out a new one. Look at the clocks if it just did.',
  PERMISSION_DENIED: 'The token or key does not grant it: give the right in the token, or open the namespace.',
  NOT_FOUND: 'What it asks for does not exist: look at the name.',
  UNKNOWN_ACTION: 'The client uses a command that this gateway does not have: it is newer, or mistyped.',
  METHOD_NOT_ALLOWED: 'The address is right and the method is not: see /api/docs.',
  TIMEOUT: 'The request did not arrive in time: a slow network, or a client that stopped half-way.',
  CONFLICT: 'Something like it exists or happens already: the message says what.',
  HISTORY_GONE: 'What it wants to go on from is older than what is kept: it begins anew. Keep more history if that is often.',
  PAYLOAD_TOO_LARGE: 'Send less at once, or raise the limit in the settings.',
  UNSUPPORTED_MEDIA_TYPE: 'The body is not JSON, or does not say so.',
  UPGRADE_REQUIRED: 'It came by plain HTTP, or speaks another protocol than waybill.v1.',
  LIMIT_EXCEEDED: 'A limit was reached: the rule names the option. Raise it, or find out why there are so many.',
  RATE_LIMITED: 'It sends faster than its limit allows: the client should wait, or the limit be raised.',
  INTERNAL: 'A defect of the gateway: look for the error in the log under the trace.',
  UNAVAILABLE: 'Something that it needs was away, or the node was too busy: see “Alarms” and “Nodes” for that time.',
  DRAINING: 'The node is being taken out of service: clients go elsewhere by themselves.',
  DEADLINE_EXCEEDED: 'A handler took longer than it may: look at its trace.',
  UNKNOWN_OUTCOME: 'The database did not say whether it was stored: the client repeats it under the same id.',
};

/** What to do about a refusal; of a close, what its code asks for. Empty where nothing is known. */
export function whatToDo({ kind, code, rule }: { readonly kind: string; readonly code: string; readonly rule?: string }): string {
  const close = Number(code);
  if (Number.isInteger(close)) return closeWords(close).next;
  if (rule !== undefined && /block/.test(rule)) return 'The user is blocked: “Unblock” on their page lets them in again.';
  if (rule !== undefined && /origin/i.test(rule))
    return 'The page comes from an origin that is not allowed: add it to the allowed origins, if it is yours.';
  if (kind === 'connect' && code === 'UNAUTHENTICATED')
    return 'It brought no token, or one that is not valid: look whether the application signs with the key that this gateway knows.';
  return Object.hasOwn(BY_CODE, code) ? BY_CODE[code as ErrorCode] : '';
}
