import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { textFrame } from './text-frame.js';

/** The receiver that `ws` clients read with; exported, but missing from its types. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: { readonly isServer: boolean }) => Writable };

/** What a standard receiver reads from bytes, in however many pieces they arrive. */
async function received(pieces: readonly Buffer[]): Promise<readonly { readonly text: string; readonly isBinary: boolean }[]> {
  const messages: { text: string; isBinary: boolean }[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer, isBinary: boolean) => messages.push({ text: data.toString('utf8'), isBinary }));
  await new Promise<void>((resolve, reject) => {
    receiver.once('error', reject);
    receiver.once('finish', resolve);
    for (const piece of pieces) receiver.write(piece);
    receiver.end();
  });
  return messages;
}

describe('textFrame', () => {
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])('carries %i bytes', async (length) => {
    const text = 'x'.repeat(length);
    expect(await received([textFrame(text)])).toEqual([{ text, isBinary: false }]);
  });

  it.each(['', 'ä'.repeat(63), '🙂', '\u0000', '{"a":"\\u0000"}'])('carries %j', async (text) => {
    expect(await received([textFrame(text)])).toEqual([{ text, isBinary: false }]);
  });

  it('writes a lone surrogate as the replacement character, so that the frame stays UTF-8', async () => {
    expect(await received([textFrame('a\ud800b')])).toEqual([{ text: 'a\ufffdb', isBinary: false }]);
  });

  it('is read the same when several frames are joined and cut anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 5 }), fc.nat(), async (texts, cut) => {
        const bytes = Buffer.concat(texts.map(textFrame));
        const at = bytes.length === 0 ? 0 : cut % bytes.length;
        const messages = await received([bytes.subarray(0, at), bytes.subarray(at)]);
        expect(messages.map(({ text }) => text)).toEqual(texts);
      }),
    );
  });
});
