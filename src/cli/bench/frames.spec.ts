import type { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { textFrame } from '../../protocol/text-frame.js';
import { clientFrame, OPCODE } from './client-frame.js';
import { ServerFrames } from './server-frames.js';

// Its types leave the parser out.
const { Receiver } = ws as unknown as { readonly Receiver: new (options: { readonly isServer: boolean }) => Writable };

const LENGTHS = [0, 1, 125, 126, 127, 65_535, 65_536, 70_000];

/** What a server built on `ws` reads. */
function readByServer(frame: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const receiver = new Receiver({ isServer: true });
    receiver.on('message', (data: Buffer) => resolve(data.toString()));
    receiver.on('error', reject);
    receiver.write(frame);
  });
}

describe('clientFrame', () => {
  it.each(LENGTHS)('is read by a server at %i bytes', async (length) => {
    const text = 'é'.repeat(Math.floor(length / 2)) + 'x'.repeat(length % 2);
    expect(await readByServer(clientFrame(OPCODE.text, text))).toBe(text);
  });
});

describe('ServerFrames', () => {
  const SHORT = LENGTHS.filter((length) => length < 1_000);

  it.each([
    [1, SHORT],
    [2, SHORT],
    [3, SHORT],
    [1_000, LENGTHS],
    [65_536, LENGTHS],
    [1_000_000, LENGTHS],
  ])('finds every frame in chunks of %i bytes', (size, lengths) => {
    const texts = lengths.map((length) => 'y'.repeat(length));
    const wire = Buffer.concat(texts.map((text) => textFrame(text)));
    const found: string[] = [];
    const frames = new ServerFrames();
    // One memory for every chunk, as the sockets of a load have.
    const memory = Buffer.alloc(size);
    for (let at = 0; at < wire.length; at += size) {
      const bytes = wire.copy(memory, 0, at, at + size);
      frames.take(memory.subarray(0, bytes), (_, chunk, start, end) => found.push(chunk.toString('utf8', start, end)));
    }
    expect(found).toEqual(texts);
  });

  it.each([
    ['a fragment', [0x01, 0x00]],
    ['a compressed frame', [0xc1, 0x00]],
    ['a masked frame', [0x81, 0x80]],
    ['a masked ping', [0x89, 0x80]],
  ])('refuses %s', (_, bytes) => {
    expect(() => new ServerFrames().take(Buffer.from(bytes), () => undefined)).toThrow('never sends');
  });
});
