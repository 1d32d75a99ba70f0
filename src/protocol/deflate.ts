import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { compressedTextFrame, payloadOfFrame } from './text-frame.js';

/** An empty stored block ends what a sync flush gives. Senders leave it out and receivers add it (RFC 7692 sections 7.2.1 and 7.2.2). */
const TAIL = Buffer.of(0x00, 0x00, 0xff, 0xff);
/** An empty final block: behind it nothing may be missing, so a message that was cut off is found. */
const FINAL_BLOCK = Buffer.of(0x03, 0x00);
/** Windows that zlib knows, as powers of two. With 8, raw deflate is not what it says. */
const WINDOW_BITS = { min: 9, max: 15 } as const;
/** Bytes that a sync flush may need beyond its input, so that it ends within one chunk. */
const FLUSH_ROOM = 64;
/** Output is taken in chunks between these sizes: small messages should not cost a large buffer. */
const CHUNK_BYTES = { min: 1_024, max: 16_384 } as const;

/** What `inflated` cannot give: the message is larger than allowed, or its bytes are no deflate stream. */
export type InflateFailure = 'too_large' | 'corrupt';

/**
 * A whole text frame as a compressed one of its own (RFC 7692, no context takeover), or the frame itself where that is no smaller.
 * `level` is from 1, fastest, to 9, smallest. Synchronous: for the size of a message, a thread costs more than the work.
 */
export function deflatedFrame(frame: Buffer, level: number): Buffer {
  const payload = payloadOfFrame(frame);
  const flushed = deflateRawSync(payload, { ...deflateOptions(payload.length), level });
  const compressed = compressedTextFrame(flushed.subarray(0, flushed.length - TAIL.length));
  return compressed.length < frame.length ? compressed : frame;
}

/**
 * The payload of a message that was compressed without context takeover, from the payloads of its frames. Stops as soon as it has more
 * than `maxBytes`, whatever it would become.
 */
export function inflated(payloads: readonly Buffer[], maxBytes: number): Buffer | InflateFailure {
  const whole = Buffer.concat([...payloads, TAIL, FINAL_BLOCK]);
  const chunkSize = Math.min(CHUNK_BYTES.max, Math.max(CHUNK_BYTES.min, whole.length * 4));
  try {
    return inflateRawSync(whole, { maxOutputLength: maxBytes, chunkSize });
  } catch (error) {
    return error instanceof RangeError ? 'too_large' : 'corrupt';
  }
}

/** Window and tables as large as the message can use: the defaults take 256 KiB for each call. */
function deflateOptions(length: number): {
  readonly finishFlush: number;
  readonly windowBits: number;
  readonly memLevel: number;
  readonly chunkSize: number;
} {
  const bits = 32 - Math.clz32(length);
  const windowBits = Math.min(WINDOW_BITS.max, Math.max(WINDOW_BITS.min, bits));
  return { finishFlush: constants.Z_SYNC_FLUSH, windowBits, memLevel: windowBits - 7, chunkSize: length + FLUSH_ROOM };
}
