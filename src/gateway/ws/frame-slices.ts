import type { FrameBatch } from '../../messaging/subscriber.js';

/**
 * Cuts a batch into pieces of at most `maxBytes`, between frames only: control frames may come between two pieces, never inside a
 * frame. A single frame that is larger stays whole. The last piece carries the batch's origin: the batch has left when it has.
 * Reads unmasked server frames (RFC 6455 section 5.2).
 */
export function sliceFrames(batch: FrameBatch, maxBytes: number): readonly FrameBatch[] {
  const { bytes } = batch;
  if (batch.frames === 1 || bytes.length <= maxBytes) return [batch];
  const slices: FrameBatch[] = [];
  let start = 0;
  let position = 0;
  let frames = 0;
  while (position < bytes.length) {
    const next = position + frameLength(bytes, position);
    if (frames > 0 && next - start > maxBytes) {
      slices.push({ bytes: bytes.subarray(start, position), frames, ...(batch.replay && { replay: true }) });
      start = position;
      frames = 0;
    }
    position = next;
    frames += 1;
  }
  slices.push({ ...batch, bytes: bytes.subarray(start), frames });
  return slices;
}

function frameLength(bytes: Buffer, position: number): number {
  const length = bytes[position + 1] as number;
  if (length < 126) return 2 + length;
  if (length === 126) return 4 + bytes.readUInt16BE(position + 2);
  return 10 + Number(bytes.readBigUInt64BE(position + 2));
}
