import type { ClientFrame } from '../../protocol/envelope.js';
import { memberTexts } from '../../protocol/json-slices.js';
import { Refusal } from '../../protocol/refusal.js';

/** The source text of `data.data`: payloads are stored as they were written. */
export function payloadText(frame: ClientFrame): string {
  const data = memberTexts(frame.text).get('data');
  const payload = data === undefined ? undefined : memberTexts(data).get('data');
  if (payload === undefined) throw Refusal.badRequest('data.data', 'is missing: it is the payload, any JSON value');
  return payload;
}
