import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, msgIdOfRefusedFrame } from '../../src/protocol/codec.js';
import { requireEventName, requireMsgId } from '../../src/protocol/envelope.js';
import { memberTexts } from '../../src/protocol/json-slices.js';
import { Refusal } from '../../src/protocol/refusal.js';
import { isUserId, requireTopic, topicKind, userOfTopic } from '../../src/protocol/topic-name.js';
import { jsonObjectText } from '../support/json-text.js';
import { fuzzRuns, fuzzTimeout } from './runs.js';

const DEPTH = 32;
const RUNS = 2_000;

/** Whatever comes, the answer is a value or a refusal with a sentence: anything else is a defect. */
function answersOrRefuses(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal);
    expect((error as Refusal).code).toBe('BAD_REQUEST');
    expect((error as Refusal).message.length).toBeLessThan(400);
  }
}

const bytes = fc.uint8Array({ maxLength: 256 }).map((array) => Buffer.from(array).toString('utf8'));
const brokenJson = fc
  .tuple(jsonObjectText, fc.nat(), fc.string({ maxLength: 3 }))
  .map(([text, at, insert]) => text.slice(0, at % text.length) + insert + text.slice((at % text.length) + 1));
const envelope = fc
  .record(
    {
      version: fc.oneof(fc.constantFrom('1', '1.0', '2'), fc.jsonValue()),
      msg_id: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      timestamp: fc.oneof(fc.double(), fc.jsonValue()),
      action: fc.oneof(fc.constantFrom('ping', 'topic.publish', 'order.submit'), fc.string({ unit: 'binary' }), fc.jsonValue()),
      topic: fc.jsonValue(),
      data: fc.jsonValue(),
      trace: fc.oneof(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  .map((value) => JSON.stringify(value));
const nesting = fc
  .tuple(fc.constantFrom('[', '{"a":', '{"__proto__":'), fc.nat({ max: 5_000 }))
  .map(([open, times]) => `{"action":"ping","data":${open.repeat(times)}1${(open === '[' ? ']' : '}').repeat(times)}}`);

describe.each([
  ['bytes', bytes],
  ['odd JSON', jsonObjectText],
  ['damaged JSON', brokenJson],
  ['envelopes of any content', envelope],
  ['deep nesting', nesting],
])('%s', (_name, text) => {
  it('decode to a frame or are refused', { timeout: fuzzTimeout() }, () => {
    fc.assert(
      fc.property(text, (frame) => {
        answersOrRefuses(() => {
          const decoded = decodeFrame(frame, DEPTH);
          expect(decoded.action.length).toBeGreaterThan(0);
          const { data } = JSON.parse(frame) as { data?: unknown };
          const slice = memberTexts(frame).get('data');
          expect(slice === undefined ? undefined : JSON.parse(slice)).toEqual(data);
        });
        expect(() => msgIdOfRefusedFrame(frame, DEPTH)).not.toThrow();
      }),
      fuzzRuns(RUNS),
    );
  });
});

describe('names from outside', () => {
  it('are taken or refused', { timeout: fuzzTimeout() }, () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.string({ unit: fc.constantFrom(...'$user.al~0f') })),
        (value) => {
          for (const check of [requireTopic, requireEventName, requireMsgId]) answersOrRefuses(() => check(value, 'field'));
          if (typeof value !== 'string') return;
          expect(topicKind(value) === 'user').toBe(isUserId(userOfTopic(value)));
        },
      ),
      fuzzRuns(RUNS),
    );
  });

  it('leave no trace on the prototype of objects', () => {
    answersOrRefuses(() =>
      decodeFrame('{"action":"ping","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}', DEPTH),
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
