const REPLY_TO = '"reply_to":"';
const OK = '"code":"OK"';
const SEQ = '"seq":';
const DUPLICATE = '"duplicate":';
const DIGIT_0 = 48;
const DIGIT_9 = 57;

/**
 * Reads the `seq` of the acknowledgement of one publish out of a reply's text, without parsing all of it. Throws where the reply
 * is to another request, refuses, repeats an older position or names none: such a run measures nothing.
 */
export function acknowledgedSeq(text: string, msgId: string): number {
  const end = endOfReplyTo(text, msgId);
  if (!text.includes(OK, end) || text.includes(DUPLICATE, end)) throw new Error(`the publish ${msgId} was not stored: ${text}`);
  const seq = numberAt(text, text.lastIndexOf(SEQ) + SEQ.length);
  if (seq < 1) throw new Error(`the acknowledgement of ${msgId} names no position: ${text}`);
  return seq;
}

/** Requires a reply that is `OK` and brings back what the `ping` sent: the JSON text of its data's fields. Throws as above. */
export function requireEcho(text: string, msgId: string, fieldsText: string): void {
  const end = endOfReplyTo(text, msgId);
  if (!text.includes(OK, end) || !text.includes(`"data":{${fieldsText}`, end))
    throw new Error(`the ping ${msgId} was not answered: ${text}`);
}

/** Where the id of the answered request ends in the reply's text. */
function endOfReplyTo(text: string, msgId: string): number {
  const at = text.indexOf(REPLY_TO);
  const end = at + REPLY_TO.length + msgId.length;
  const isItsOwn = at !== -1 && text.startsWith(msgId, at + REPLY_TO.length) && text[end] === '"';
  if (!isItsOwn) throw new Error(`expected the reply to ${msgId}, and this came: ${text}`);
  return end;
}

function numberAt(text: string, start: number): number {
  let value = 0;
  for (let index = start; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < DIGIT_0 || code > DIGIT_9) break;
    value = value * 10 + (code - DIGIT_0);
  }
  return value;
}
