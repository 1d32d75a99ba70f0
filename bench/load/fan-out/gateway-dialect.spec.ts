import { describe, expect, it } from 'vitest';
import { JwtVerifier } from '../../../src/auth/jwt-verifier.js';
import { Secrets } from '../../../src/auth/secrets.js';
import { decodeFrame, encodeReply } from '../../../src/protocol/codec.js';
import { TEST_SECRET, testConfig } from '../../../test/support/tokens.js';
import { GatewayDialect } from './gateway-dialect.ts';

const DEPTH = 32;
const OPTIONS = { payloadBytes: 100, secret: TEST_SECRET, idleTopics: 0 };

describe('GatewayDialect', () => {
  it('gives every connection a token of its own that the gateway accepts', async () => {
    const config = testConfig();
    const verifier = new JwtVerifier(config, new Secrets(config));
    const users = [0, 1].map(async (index) => {
      const { headers } = new GatewayDialect(OPTIONS).upgrade('subscriber', index);
      return (await verifier.verify((headers['Authorization'] ?? '').replace('Bearer ', ''))).principal.id;
    });
    expect(await Promise.all(users)).toEqual(['subscriber-0', 'subscriber-1']);
  });

  it('publishes a payload of the wanted size with an id of its own', () => {
    const dialect = new GatewayDialect(OPTIONS);
    const frames = [0, 1].map((number) => decodeFrame(dialect.publish(number), DEPTH));
    expect(new Set(frames.map(({ msgId }) => msgId)).size).toBe(2);
    expect(frames[1]).toMatchObject({ action: 'topic.publish', data: { topic: 'fan.all', data: { n: '0000000001' } } });
    expect(JSON.stringify((frames[1] as { readonly data: { readonly data: unknown } }).data.data)).toHaveLength(100);
  });

  it('gives each subscriber idle topics that no other one has', () => {
    const dialect = new GatewayDialect({ ...OPTIONS, idleTopics: 3 });
    const topics = [0, 1].flatMap((index) => {
      const [welcome] = dialect.steps('subscriber', index);
      const { data } = decodeFrame(welcome?.says ?? '', DEPTH);
      return (data as { readonly topics: readonly { readonly topic: string }[] }).topics.map(({ topic }) => topic);
    });
    expect(topics.filter((topic) => topic === 'fan.all')).toHaveLength(2);
    expect(new Set(topics).size).toBe(1 + 2 * 3);
  });

  it('ends the run where a publish is refused, and passes over what is stored', () => {
    const reply = { replyTo: 'a', message: '' } as const;
    const dialect = new GatewayDialect(OPTIONS);
    expect(() => dialect.answer(encodeReply({ ...reply, code: 'UNAVAILABLE' }))).toThrow('the gateway refused');
    expect(dialect.answer(encodeReply({ ...reply, code: 'OK', data: { seq: 1 } }))).toBeUndefined();
  });
});
