import { encodeReply } from '../../protocol/codec.js';
import type { Refusal } from '../../protocol/refusal.js';
import { textFrame } from '../../protocol/text-frame.js';
import { JsonText } from './handler-result.js';

/** The frame of a successful reply. Throws where `data` cannot be written as JSON. */
export function replyFrame(replyTo: string | undefined, data: unknown, trace: string | undefined): Buffer {
  const reply = { replyTo, code: 'OK', message: 'OK', trace } as const;
  if (!(data instanceof JsonText)) return textFrame(encodeReply({ ...reply, data }));
  const text = encodeReply(reply);
  return textFrame(`${text.slice(0, -1)},"data":${data.text}}`);
}

export function refusalFrame(replyTo: string | undefined, refusal: Refusal, trace: string | undefined): Buffer {
  const { code, message, field, rule, retryAfterMs } = refusal;
  return textFrame(encodeReply({ replyTo, code, message, field, rule, retryAfterMs, trace }));
}
