import type { Outgoing } from './outgoing.js';
import type { FrameBatch } from './subscriber.js';

/** One buffer for all frames of a slice. */
export function batchOf(entries: readonly Outgoing[], topic: string, namespace: string): FrameBatch {
  const bytes = concatenated(entries.map((entry) => entry.frame));
  const messages = entries.filter((entry) => entry.kind === 'message');
  const first = messages[0];
  const last = messages[messages.length - 1];
  if (first === undefined || last === undefined) return { bytes, frames: entries.length };
  return { bytes, frames: entries.length, origin: { topic, namespace, from: first.seq, to: last.seq, messages: messages.length } };
}

/** Frames that take no part in the counting of live deliveries. */
export function replayOf(frames: readonly Buffer[]): FrameBatch {
  return { bytes: concatenated(frames), frames: frames.length, replay: true };
}

function concatenated(frames: readonly Buffer[]): Buffer {
  const [only] = frames;
  return frames.length === 1 && only !== undefined ? only : Buffer.concat(frames);
}
