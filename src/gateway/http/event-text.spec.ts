import { describe, expect, it } from 'vitest';
import { encodeServerFrame, encodeTopicMessage, type TopicEnvelope } from '../../protocol/codec.js';
import { textFrame } from '../../protocol/text-frame.js';
import { eventOfFrame, eventText } from './event-text.js';

const ENVELOPE: TopicEnvelope = { msgId: 'm', timestamp: 1, action: 'a', topic: 't', epoch: 'e1', seq: 7, dataText: '{"x":1}' };

const eventOf = (text: string): string => eventOfFrame(textFrame(text)).toString();

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

describe('eventOfFrame', () => {
  it('makes topic messages plain events with their position', () => {
    const text = encodeTopicMessage(ENVELOPE);
    expect(eventOf(text)).toBe(`id: e1:7\ndata: ${text}\n\n`);
  });

  it.each(['{"data":{"seq":99,"epoch":"other"}}', '",\\"data\\":"', '[1,{"action":"x"}]', 'null'])(
    'never looks into the payload %s',
    (dataText) => {
      expect(eventOf(encodeTopicMessage({ ...ENVELOPE, dataText }))).toMatch(/^id: e1:7\ndata: \{/);
    },
  );

  it('is not misled by a msg_id that looks like the payload', () => {
    expect(eventOf(encodeTopicMessage({ ...ENVELOPE, msgId: ',"data":{"seq":1' }))).toMatch(/^id: e1:7\n/);
  });

  it("names the server's own frames after their action", () => {
    const gap = encodeServerFrame('topic.gap', { topic: 't', from: 1, to: 2, reason: 'lost' });
    expect(eventOf(gap)).toBe(`event: topic.gap\ndata: ${gap}\n\n`);
  });

  it('gives a reset the beginning of the new epoch for an id', () => {
    const reset = encodeServerFrame('topic.reset', { topic: 't', epoch: 'e2' });
    expect(eventOf(reset)).toBe(`id: e2:0\nevent: topic.reset\ndata: ${reset}\n\n`);
  });
});
