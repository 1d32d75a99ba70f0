import { randomFillSync } from 'node:crypto';

const FINAL_TEXT = 0x81;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;
const DIGITS = 8;
const MOST_IDS = 10 ** DIGITS;
const ZERO = 0x30;

export interface PublishFields {
  readonly topic: string;
  readonly action: string;
  /** The payload's JSON text. */
  readonly dataText: string;
  /** Begin of every `msg_id`; a counter of eight digits follows. */
  readonly idPrefix: string;
}

/**
 * One command as a masked client frame (RFC 6455, section 5.2), encoded once: between two sends only the digits of its `msg_id`
 * change. The mask is random and not zero, because a server may skip the work of a mask that is.
 */
export class PreparedCommand {
  readonly bytes: Buffer;
  private readonly mask: Buffer;
  private readonly body: number;
  private readonly digits: number;
  private readonly idPrefix: string;
  private number = 0;

  /** `idPrefix`: begin of every `msg_id`; a counter of eight digits follows. `fieldsText`: the JSON text of the frame's other fields. */
  constructor(idPrefix: string, fieldsText: string) {
    this.idPrefix = idPrefix;
    const head = `{"msg_id":"${idPrefix}`;
    const text = `${head}${'0'.repeat(DIGITS)}",${fieldsText}}`;
    this.mask = randomMask();
    this.bytes = maskedFrame(FINAL_TEXT, Buffer.from(text), this.mask);
    this.body = this.bytes.length - Buffer.byteLength(text);
    this.digits = Buffer.byteLength(head);
  }

  get msgId(): string {
    return this.idPrefix + String(this.number).padStart(DIGITS, '0');
  }

  /** Gives the frame its next `msg_id`; only when the bytes of the last one have left. */
  setNumber(number: number): void {
    if (number >= MOST_IDS) throw new RangeError(`a client of this load has at most ${MOST_IDS} ids`);
    this.number = number;
    let rest = number;
    for (let place = this.digits + DIGITS - 1; place >= this.digits; place -= 1) {
      this.bytes[this.body + place] = (ZERO + (rest % 10)) ^ (this.mask[place % MASK_BYTES] as number);
      rest = Math.floor(rest / 10);
    }
  }
}

/** One `topic.publish`. */
export class PreparedPublish extends PreparedCommand {
  constructor({ topic, action, dataText, idPrefix }: PublishFields) {
    super(idPrefix, `"action":"topic.publish","data":{"topic":"${topic}","action":"${action}","data":${dataText}}`);
  }
}

/** A whole masked frame; `head` is its first byte, the final bit and the opcode. */
export function maskedFrame(head: number, payload: Buffer, mask = randomMask()): Buffer {
  const { length } = payload;
  const extended = length < LENGTH_16 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extended + MASK_BYTES;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = head;
  frame[1] = MASKED | (extended === 0 ? length : extended === 2 ? LENGTH_16 : LENGTH_64);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  mask.copy(frame, start - MASK_BYTES);
  for (let index = 0; index < length; index += 1) {
    frame[start + index] = (payload[index] as number) ^ (mask[index % MASK_BYTES] as number);
  }
  return frame;
}

function randomMask(): Buffer {
  const mask = randomFillSync(Buffer.alloc(MASK_BYTES));
  if (mask.readUInt32BE(0) === 0) mask.writeUInt32BE(1, 0);
  return mask;
}
