import { describe, expect, it } from 'vitest';
import { OPCODE } from '../../../src/cli/bench/client-frame.ts';
import { FrameScanner } from './frame-scanner.ts';

const SHORTEST = 100;
const FINAL = 0x80;

/** A frame as a server sends it, its head in the shortest form (RFC 6455, section 5.2). */
function frame(opcode: number, payload: string): Buffer {
  const { length } = payload;
  const head = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 0xff] : [127, 0, 0, 0, 0, ...uint32(length)];
  return Buffer.concat([Buffer.from([FINAL | opcode, ...head]), Buffer.from(payload, 'latin1')]);
}

function uint32(value: number): readonly number[] {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

interface Seen {
  readonly frames: number;
  readonly payloadBytes: number;
  readonly others: readonly (readonly [opcode: number, payload: string])[];
}

/** All chunks pass through one buffer, as they do in the load: whoever keeps a part of it sees it overwritten. */
function scan(chunks: readonly Buffer[]): Seen {
  const others: [number, string][] = [];
  const scanner = new FrameScanner(SHORTEST, (opcode, payload) => others.push([opcode, payload.toString('latin1')]));
  const shared = Buffer.alloc(100_000);
  for (const chunk of chunks) {
    scanner.take(shared, chunk.copy(shared));
  }
  return { frames: scanner.frames, payloadBytes: scanner.payloadBytes, others };
}

function pieces(bytes: Buffer, size: number): readonly Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

describe('FrameScanner', () => {
  const LENGTHS = [100, 125, 126, 300, 65_535, 65_536, 100];
  const DELIVERIES = LENGTHS.map((length) => frame(OPCODE.text, 'z'.repeat(length)));
  const OTHERS = [frame(OPCODE.ping, 'tick'), frame(OPCODE.text, '2'), frame(OPCODE.pong, ''), frame(OPCODE.ping, 'p'.repeat(125))];
  const EXPECTED: Seen = {
    frames: LENGTHS.length,
    payloadBytes: LENGTHS.reduce((sum, length) => sum + length, 0),
    others: [
      [OPCODE.ping, 'tick'],
      [OPCODE.text, '2'],
      [OPCODE.pong, ''],
      [OPCODE.ping, 'p'.repeat(125)],
    ],
  };
  const BYTES = Buffer.concat([...DELIVERIES.slice(0, 3), ...OTHERS, ...DELIVERIES.slice(3)]);

  it.each([1, 2, 3, 7, 64, 127, 1_000, 65_536])('counts every frame of chunks of %i bytes', (size) => {
    expect(scan(pieces(BYTES, size))).toEqual(EXPECTED);
  });

  it('counts the same wherever one cut goes through heads and payloads', () => {
    const bytes = BYTES.subarray(0, 1_000);
    const whole = scan([bytes]);
    expect(whole.frames).toBe(4);
    for (let cut = 1; cut < bytes.length; cut += 1) expect(scan([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole);
  });

  it('does not count a frame before its last byte', () => {
    const bytes = frame(OPCODE.text, 'z'.repeat(200));
    expect(scan([bytes.subarray(0, -1)]).frames).toBe(0);
    expect(scan([bytes.subarray(0, -1), bytes.subarray(-1)]).frames).toBe(1);
  });

  it.each([
    ['a fragment', [0x01, 0x00]],
    ['a compressed frame', [0xc1, 0x00]],
    ['a masked frame', [0x81, 0x80, 1, 2, 3, 4]],
  ])('refuses %s', (_what, bytes) => {
    expect(() => scan([Buffer.from(bytes)])).toThrow('the server sent a frame');
  });
});
