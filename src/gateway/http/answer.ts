import type { Refusal } from '../../protocol/refusal.js';

/** The body of every REST answer that carries data; `dataText` is JSON text, passed on as it stands. */
export function answerText(dataText: string, traceId: string | undefined): string {
  const trace = traceId === undefined ? '' : `,"trace_id":"${traceId}"`;
  return `{"code":"OK","message":"OK","data":${dataText}${trace}}`;
}

/** The body of every refusal, by REST and by a refused upgrade. */
export function refusalBody(refusal: Refusal, traceId: string | undefined): string {
  const { code, message, field, rule, retryAfterMs } = refusal;
  return JSON.stringify({ code, message, field, rule, retry_after_ms: retryAfterMs, trace_id: traceId });
}

/** Headers that say in HTTP's words what the body says. Retry-After is in whole seconds (RFC 9110 section 10.2.3). */
export function refusalHeaders(refusal: Refusal): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (refusal.retryAfterMs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(refusal.retryAfterMs / 1_000)));
  if (refusal.httpStatus === 401) headers['www-authenticate'] = 'Bearer realm="waybill"';
  if (refusal.httpStatus === 426) Object.assign(headers, { upgrade: 'websocket', connection: 'Upgrade' });
  return headers;
}
