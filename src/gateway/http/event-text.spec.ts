import { describe, expect, it } from 'vitest';
import { encodeServerFrame, encodeTopicMessage, type TopicEnvelope } from '../../protocol/codec.js';
import { textFrame } from '../../protocol/text-frame.js';
import { eventsOfFrames, eventText } from './event-text.js';

const ENVELOPE: TopicEnvelope = { msgId: 'm', timestamp: 1, action: 'a', topic: 't', epoch: 'e1', seq: 7, dataText: '{"x":1}' };

const eventsOf = (...texts: readonly string[]): string => eventsOfFrames(Buffer.concat(texts.map(textFrame))).toString();

describe('eventText', () => {
  it.each([
    [{ data: 'one' }, 'data: one\n\n'],
    [{ id: 'e:1', data: 'one' }, 'id: e:1\ndata: one\n\n'],
    [{ event: 'named', data: 'one' }, 'event: named\ndata: one\n\n'],
    [{ data: 'a\nb\r\nc\rd' }, 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    [{ data: '' }, 'data: \n\n'],
  ])('writes %j', (event, text) => {
    expect(eventText(event)).toBe(text);
  });
});

describe('eventsOfFrames', () => {
  it('makes topic messages plain events with their position', () => {
    const text = encodeTopicMessage(ENVELOPE);
    expect(eventsOf(text)).toBe(`id: e1:7\ndata: ${text}\n\n`);
  });

  it.each(['{"data":{"seq":99,"epoch":"other"}}', '",\\"data\\":"', '[1,{"action":"x"}]', 'null'])(
    'never looks into the payload %s',
    (dataText) => {
      expect(eventsOf(encodeTopicMessage({ ...ENVELOPE, dataText }))).toMatch(/^id: e1:7\ndata: \{/);
    },
  );

  it('is not misled by a msg_id that looks like the payload', () => {
    expect(eventsOf(encodeTopicMessage({ ...ENVELOPE, msgId: ',"data":{"seq":1' }))).toMatch(/^id: e1:7\n/);
  });

  it("names the server's own frames after their action", () => {
    const gap = encodeServerFrame('topic.gap', { topic: 't', from: 1, to: 2, reason: 'lost' });
    expect(eventsOf(gap)).toBe(`event: topic.gap\ndata: ${gap}\n\n`);
  });

  it('gives a reset the beginning of the new epoch for an id', () => {
    const reset = encodeServerFrame('topic.reset', { topic: 't', epoch: 'e2' });
    expect(eventsOf(reset)).toBe(`id: e2:0\nevent: topic.reset\ndata: ${reset}\n\n`);
  });

  it('keeps the order of a batch, and encodes it once for all', () => {
    const frames = Buffer.concat([textFrame(encodeTopicMessage(ENVELOPE)), textFrame(encodeTopicMessage({ ...ENVELOPE, seq: 8 }))]);
    expect(
      [
        ...eventsOfFrames(frames)
          .toString()
          .matchAll(/^id: (.*)$/gm),
      ].map(([, id]) => id),
    ).toEqual(['e1:7', 'e1:8']);
    expect(eventsOfFrames(frames)).toBe(eventsOfFrames(frames));
  });

  it('makes nothing of nothing', () => {
    expect(eventsOfFrames(Buffer.alloc(0))).toHaveLength(0);
  });
});
