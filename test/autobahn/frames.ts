import { clientFrame } from '../support/raw-websocket.js';

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

type Payload = Buffer | string;

export const text = (payload: Payload): Buffer => clientFrame(TEXT, payload);
export const binary = (payload: Payload): Buffer => clientFrame(BINARY, payload);
export const ping = (payload: Payload = ''): Buffer => clientFrame(PING, payload);
export const pong = (payload: Payload = ''): Buffer => clientFrame(PONG, payload);
export const close = (payload: Payload = ''): Buffer => clientFrame(CLOSE, payload);
/** The first fragment of a text; more must follow. */
export const textStart = (payload: Payload): Buffer => clientFrame(TEXT, payload, { fin: false });
export const more = (payload: Payload): Buffer => clientFrame(CONTINUATION, payload, { fin: false });
export const last = (payload: Payload): Buffer => clientFrame(CONTINUATION, payload);
export const pingStart = (payload: Payload): Buffer => clientFrame(PING, payload, { fin: false });
export const pongStart = (payload: Payload): Buffer => clientFrame(PONG, payload, { fin: false });
export const reserved = (opcode: number, payload: Payload = ''): Buffer => clientFrame(opcode, payload);
/** A frame with reserved bits set: 4 is RSV1, 2 RSV2, 1 RSV3. */
export const withBits = (rsv: number, kind: 'text' | 'binary' | 'close', payload: Payload = ''): Buffer =>
  clientFrame({ text: TEXT, binary: BINARY, close: CLOSE }[kind], payload, { rsv });

/** The payload of a close frame: a code and a reason. */
export function closePayload(code: number, reason: Payload = ''): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(code);
  return Buffer.concat([bytes, Buffer.from(reason)]);
}

/** All in one write. */
export const together = (...frames: readonly Buffer[]): readonly Buffer[] => [Buffer.concat(frames)];

/** Every frame in writes of `size` bytes. */
export function chopped(size: number, ...frames: readonly Buffer[]): readonly Buffer[] {
  return frames.flatMap((frame) =>
    Array.from({ length: Math.ceil(frame.length / size) }, (_, index) => frame.subarray(index * size, (index + 1) * size)),
  );
}

/** One message as fragments of `size` bytes of payload. */
export function fragmented(kind: 'text' | 'binary', payload: Buffer, size: number): readonly Buffer[] {
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, index) => {
    const opcode = index > 0 ? CONTINUATION : kind === 'text' ? TEXT : BINARY;
    return clientFrame(opcode, payload.subarray(index * size, (index + 1) * size), { fin: index === count - 1 });
  });
}
