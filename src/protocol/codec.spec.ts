import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText } from '../../test/support/json-text.js';
import {
  type TopicEnvelope,
  decodeFrame,
  encodeReply,
  encodeServerFrame,
  encodeTopicMessage,
  msgIdOfRefusedFrame,
  parseJson,
} from './codec.js';
import { memberTexts } from './json-slices.js';

const DEPTH = 32;
const MESSAGE: TopicEnvelope = {
  msgId: 'm1',
  timestamp: 1_712_048_400_000,
  action: 'order.submitted',
  topic: 'orders.42',
  epoch: 'k3f9',
  seq: 13,
  dataText: '{"n":1.50}',
};

describe('decodeFrame', () => {
  it('keeps the text beside what it read from it', () => {
    const text = '{"version":"1","msg_id":"m1","action":"topic.publish","data":{"topic":"a","data":1.50}}';
    expect(decodeFrame(text, DEPTH)).toMatchObject({ msgId: 'm1', action: 'topic.publish', data: { topic: 'a', data: 1.5 }, text });
  });

  it.each([
    '',
    '{',
    'ping',
    '{"action":"ping"',
    "{'action':'ping'}",
    '{"action":"ping"} x',
    'NaN',
    '\ufeff{"action":"ping"}',
    '{"action":"\u0001"}',
  ])('refuses %j, which is not JSON', (text) => {
    expect(() => decodeFrame(text, DEPTH)).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST', field: 'frame', message: 'frame: not valid JSON' }),
    );
  });

  it('refuses what nests too deep before anything reads it', () => {
    const deep = `{"action":"ping","data":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`;
    expect(() => decodeFrame(deep, DEPTH)).toThrow('frame: nests deeper than 32 levels');
    expect(decodeFrame(`{"action":"ping","data":${'['.repeat(DEPTH - 1)}${']'.repeat(DEPTH - 1)}}`, DEPTH).action).toBe('ping');
  });
});

describe('parseJson', () => {
  it('names the field it was asked for', () => {
    expect(() => parseJson('{', DEPTH, 'body')).toThrow(expect.objectContaining({ field: 'body' }));
    expect(parseJson(' [1] ', DEPTH, 'body')).toEqual([1]);
  });
});

describe('msgIdOfRefusedFrame', () => {
  it.each([
    ['{"msg_id":"m1","action":7}', 'm1'],
    ['{"msg_id":7}', undefined],
    [`{"msg_id":"${'x'.repeat(65)}"}`, undefined],
    ['[{"msg_id":"m1"}]', undefined],
    ['{', undefined],
    ['['.repeat(100), undefined],
  ])('of %.30s is %s', (text, expected) => {
    expect(msgIdOfRefusedFrame(text, DEPTH)).toBe(expected);
  });
});

describe('encodeReply', () => {
  it('has the published names, and leaves out what is not there', () => {
    const reply: unknown = JSON.parse(
      encodeReply({ replyTo: 'm1', code: 'RATE_LIMITED', message: 'too fast', field: 'data', retryAfterMs: 500 }),
    );
    expect(reply).toEqual({
      version: '1',
      action: 'reply',
      reply_to: 'm1',
      timestamp: expect.any(Number),
      code: 'RATE_LIMITED',
      message: 'too fast',
      field: 'data',
      retry_after_ms: 500,
    });
  });

  it('carries data of any kind', () => {
    expect(JSON.parse(encodeReply({ replyTo: undefined, code: 'OK', message: 'OK', data: null }))).toMatchObject({
      code: 'OK',
      data: null,
    });
  });
});

describe('encodeServerFrame', () => {
  it('names its topic where it has one', () => {
    expect(JSON.parse(encodeServerFrame('topic.gap', { from: 1, to: 2 }, { topic: 'a' }))).toEqual({
      version: '1',
      action: 'topic.gap',
      timestamp: expect.any(Number),
      topic: 'a',
      data: { from: 1, to: 2 },
    });
  });
});

describe('encodeTopicMessage', () => {
  it('writes the published envelope', () => {
    expect(encodeTopicMessage(MESSAGE)).toBe(
      '{"version":"1","msg_id":"m1","timestamp":1712048400000,"action":"order.submitted","topic":"orders.42","epoch":"k3f9","seq":13,"data":{"n":1.50}}',
    );
  });

  it('adds the publisher’s clock and trace where they are known', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(JSON.parse(encodeTopicMessage({ ...MESSAGE, clientTimestamp: -1, trace }))).toMatchObject({ client_timestamp: -1, trace });
  });

  it('escapes the publisher’s own strings and copies the payload’s text byte for byte', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), jsonText, (msgId, dataText) => {
        const text = encodeTopicMessage({ ...MESSAGE, msgId, dataText });
        expect(JSON.parse(text)).toMatchObject({ msg_id: msgId, seq: 13 });
        expect(memberTexts(text).get('data')).toBe(dataText.trim());
      }),
    );
  });
});
