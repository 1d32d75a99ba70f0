import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MessagingCore, principalOf, SeeingSubscriber, settle, STRANGER } from '../../test/support/messaging-core.js';
import { UNTRACED } from '../telemetry/telemetry.js';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const FILE = { messaging: { namespaces: { small: { max_payload_bytes: 10 }, live: { durable: false } } } };

describe('publisher', () => {
  let core: MessagingCore;

  beforeEach(() => {
    core = new MessagingCore({ file: FILE });
  });
  afterEach(() => core.close());

  it.each(['chat.1', 'live.1'])('answers the position and how many were subscribed: %s', async (topic) => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, topic);
    const receipt = await core.publish(topic, { n: 1 }, { msgId: 'mine' });
    expect(receipt).toMatchObject({ topic, seq: 1, msgId: 'mine', subscribers: 1, duplicate: false });
    expect(Math.abs(Date.now() - receipt.timestamp)).toBeLessThan(5_000);
    await settle();
    expect(alice.frames[0]).toMatchObject({ topic, epoch: receipt.epoch, seq: 1, msg_id: 'mine', data: { n: 1 } });
  });

  it.each(['chat.1', 'live.1'])('keeps the order of calls: %s', async (topic) => {
    const receipts = await core.publishMany(topic, 500);
    expect(receipts.map((receipt) => receipt.seq)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });

  it('makes a UUIDv7 where no msg_id came', async () => {
    const [first, second] = await core.publishMany('chat.1', 2);
    expect(first?.msgId).toMatch(UUID_V7);
    expect(second?.msgId).not.toBe(first?.msgId);
  });

  it.each(['chat.1', 'live.1'])('answers a repeat with the original position and time, and delivers it once: %s', async (topic) => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, topic);
    const original = await core.publish(topic, 1, { msgId: 'x' });
    const repeat = await core.publish(topic, 1, { msgId: 'x' });
    expect(repeat).toEqual({ ...original, duplicate: true });
    expect(await core.publish(topic, 1, { msgId: 'x', principal: principalOf('bob') })).toMatchObject({ seq: 2, duplicate: false });
    await settle();
    expect(alice.seqs).toEqual([1, 2]);
    expect(core.telemetry.of('publish.stored').map(([, seq, duplicate]) => [seq, duplicate])).toEqual([
      [1, false],
      [1, true],
      [2, false],
    ]);
  });

  it.each([
    ['a reused msg_id', 'CONFLICT', 'chat.1', 2, { msgId: 'x' }],
    ['a large payload', 'PAYLOAD_TOO_LARGE', 'small.1', '123456789', {}],
    ['no right', 'PERMISSION_DENIED', 'chat.1', 1, { principal: STRANGER }],
  ])('refuses %s with %s', async (_name, code, topic, data, fields) => {
    await core.publish('chat.1', 1, { msgId: 'x' });
    await expect(core.publish(topic, data, fields)).rejects.toMatchObject({ code });
    expect(core.telemetry.of('publish.end').at(-1)?.[0]).toBe(code);
    expect((await core.log.ends(['chat.1', 'small.1'])).map((ends) => ends.head)).toEqual([1, 0]);
  });

  it('counts the payload limit in bytes of UTF-8', async () => {
    await expect(core.publish('small.1', '12345678')).resolves.toMatchObject({ seq: 1 });
    await expect(core.publish('small.1', 'äöüäö')).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  });

  it('passes the payload on as it was written', async () => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, 'chat.1');
    const dataText = '{ "b":12345678901234567890, "a":1.0, "s":"\\u00e4" }';
    const request = { topic: 'chat.1', action: 'x', dataText, msgId: undefined, clientTimestamp: 5, trace: undefined };
    await core.publisher.publish(request, { principal: principalOf('alice'), door: 'rest', connection: undefined });
    await settle();
    expect(alice.batches[0]?.bytes.toString()).toContain(`"data":${dataText}}`);
    expect((await core.log.read('chat.1', { limit: 1 })).messages[0]).toMatchObject({
      dataText,
      door: 'rest',
      clientTimestamp: 5,
      publisher: 'alice',
    });
  });

  it.each([
    { told: "the publisher's own trace where it is traced", client: 'client', own: 'server', expected: 'client', hop: 'server' },
    { told: "the publisher's own trace where it is not", client: 'client', own: undefined, expected: 'client', hop: 'client' },
    { told: 'its own trace where the publisher has none', client: undefined, own: 'server', expected: 'server', hop: 'server' },
  ])('hands on $told, and delivers by its own', async ({ client, own, expected, hop }) => {
    const alice = new SeeingSubscriber('alice');
    await core.join(alice, 'chat.1');
    Object.assign(core.telemetry, { publish: () => ({ ...UNTRACED, traceparent: own }) });
    await core.publish('chat.1', 1, client === undefined ? {} : { trace: client });
    await settle();
    expect(alice.frames[0]?.trace).toBe(expected);
    expect(core.telemetry.of('deliver')).toMatchObject([[{ trace: hop }]]);
  });

  it('answers although the bus failed, and counts it', async () => {
    core.broker.pass = () => {
      throw new Error('the bus is away');
    };
    await expect(core.publish('chat.1', 1)).resolves.toMatchObject({ seq: 1 });
    await settle();
    expect(core.telemetry.of('busError')).toEqual([['publish']]);
    expect(core.telemetry.of('busSend.end').map(([result]) => result)).toEqual(['UNAVAILABLE']);
  });
});
