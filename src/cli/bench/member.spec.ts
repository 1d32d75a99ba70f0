import { describe, expect, it } from 'vitest';
import { payloadText } from './delivery.js';
import { Member } from './member.js';
import { monotonicMs } from './monotonic-clock.js';
import { Tally } from './tally.js';

const ENDPOINT = { host: '127.0.0.1', port: 1, tls: false, path: '/ws' };

function subscriber(head: number): Member {
  const member = new Member({ endpoint: ENDPOINT, localAddress: undefined, token: '', topic: 'a' }, 'reads');
  member.subscribedAt(head);
  return member;
}

function message(seq: number, dueAt = monotonicMs()): Buffer {
  const head = `{"version":"1","msg_id":"m","timestamp":1,"action":"bench.tick","topic":"a","epoch":"e","seq":${seq}`;
  return Buffer.from(`${head},"data":${payloadText(dueAt, 2_000)}}`);
}

function deliver(member: Member, frames: readonly Buffer[]): Tally {
  const tally = new Tally();
  for (const frame of frames) member.text(frame, 0, frame.length, tally);
  return tally;
}

describe('a subscriber of a load', () => {
  it.each([
    { seqs: [6, 7, 8], counted: { deliveries: 3, missed: 0, repeated: 0 }, lacks: 0 },
    { seqs: [7, 8], counted: { deliveries: 2, missed: 1, repeated: 0 }, lacks: 0 },
    { seqs: [6, 8], counted: { deliveries: 2, missed: 1, repeated: 0 }, lacks: 0 },
    { seqs: [6, 6, 7], counted: { deliveries: 2, missed: 0, repeated: 1 }, lacks: 1 },
    { seqs: [6, 8, 7], counted: { deliveries: 2, missed: 1, repeated: 1 }, lacks: 0 },
    { seqs: [], counted: { deliveries: 0, missed: 0, repeated: 0 }, lacks: 3 },
  ])('that joined at 5 and sees $seqs of 8 counts $counted and lacks $lacks', ({ seqs, counted, lacks }) => {
    const member = subscriber(5);
    expect(
      deliver(
        member,
        seqs.map((seq) => message(seq)),
      ),
    ).toMatchObject(counted);
    expect(member.lacks(8)).toBe(lacks);
  });

  it('times a message from when its publish was due', () => {
    const { latency } = deliver(subscriber(0), [message(1, monotonicMs() - 500)]);
    expect(latency.percentile(1)).toBeGreaterThan(490);
    expect(latency.percentile(1)).toBeLessThan(600);
  });

  it('leaves aside what is no message of the load', () => {
    const control = Buffer.from('{"version":"1","action":"topic.gap","data":{"topic":"a","from":1,"to":2,"reason":"x"}}');
    const other = Buffer.from('{"version":"1","action":"chat","topic":"b","epoch":"e","seq":9,"data":"t"}');
    expect(deliver(subscriber(0), [control, other])).toMatchObject({ deliveries: 0, missed: 0, repeated: 0 });
  });
});

describe('Tally', () => {
  it('adds up over processes', () => {
    const part = deliver(subscriber(0), [message(1), message(3)]);
    part.count('closes', 'close 4408 slow consumer');
    const whole = new Tally();
    for (const counts of [part.counts, part.counts]) whole.add(structuredClone(counts));
    expect(whole).toMatchObject({ deliveries: 4, missed: 2 });
    expect(whole.latency.count).toBe(4);
    expect(whole.closes.get('close 4408 slow consumer')).toBe(2);
  });
});
