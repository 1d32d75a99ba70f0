import { describe, expect, it } from 'vitest';
import { encodeReply } from '../../src/protocol/codec.js';
import { acknowledgedSeq } from './acknowledgement.ts';

const MSG_ID = '00ff-00000017';
const POSITION = { topic: 'bench.t00', epoch: '1abc', seq: 4_711, msg_id: MSG_ID };
const REPLY = { replyTo: MSG_ID, code: 'OK', message: 'OK', data: POSITION } as const;

describe('acknowledgedSeq', () => {
  it("reads the position out of the gateway's reply", () => {
    expect(acknowledgedSeq(encodeReply(REPLY), MSG_ID)).toBe(4_711);
  });

  it.each([
    ['a reply to another request', { ...REPLY, replyTo: '00ff-00000018' }, 'expected the reply to'],
    ['a reply to an id that begins alike', { ...REPLY, replyTo: `${MSG_ID}0` }, 'expected the reply to'],
    ['a reply to nothing', { ...REPLY, replyTo: undefined }, 'expected the reply to'],
    ['a refusal', { ...REPLY, code: 'UNAVAILABLE', data: undefined } as const, 'was not stored'],
    ['a repeat', { ...REPLY, data: { ...POSITION, duplicate: true } }, 'was not stored'],
    ['no position', { ...REPLY, data: { topic: 'bench.t00' } }, 'names no position'],
    ['no data', { ...REPLY, data: undefined }, 'names no position'],
  ])('refuses %s', (_what, reply, problem) => {
    expect(() => acknowledgedSeq(encodeReply(reply), MSG_ID)).toThrow(problem);
  });
});
