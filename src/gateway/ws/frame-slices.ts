import { type CarriedMessage, carriedBy, type Frame, type LiveMessage } from '../../messaging/frame.js';

/** Groups of whole frames of at most `maxBytes`; a larger frame stands alone. */
export function* slices(frames: readonly Frame[], maxBytes: number): Generator<readonly Frame[]> {
  let slice: Frame[] = [];
  let bytes = 0;
  for (const frame of frames) {
    if (slice.length > 0 && bytes + frame.bytes.length > maxBytes) {
      yield slice;
      slice = [];
      bytes = 0;
    }
    slice.push(frame);
    bytes += frame.bytes.length;
  }
  if (slice.length > 0) yield slice;
}

/** The live messages that frames carry. */
export function livesOf(frames: readonly Frame[]): readonly LiveMessage[] {
  return frames.flatMap(({ live }) => live ?? []);
}

/** Every message that frames carry, live or not. */
export function eachMessage(frames: readonly Frame[], visit: (message: CarriedMessage) => void): void {
  for (const frame of frames) {
    const message = carriedBy(frame);
    if (message !== undefined) visit(message);
  }
}
