import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MessagingCore, principalOf, STRANGER } from '../../test/support/messaging-core.js';

const ALICE = principalOf('alice');
const FILE = { messaging: { namespaces: { short: { history_length: 3 }, live: { durable: false, buffer_length: 2 } } } };

describe('history', () => {
  let core: MessagingCore;

  beforeEach(() => {
    core = new MessagingCore({ file: FILE });
  });
  afterEach(() => core.close());

  it('reads durable and ephemeral topics alike', async () => {
    await core.publishMany('chat.1', 3);
    await core.publishMany('live.1', 3);
    expect((await core.history.read(ALICE, 'chat.1', { limit: 10 })).messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await core.history.read(ALICE, 'live.1', { limit: 10 })).messages.map(({ seq }) => seq)).toEqual([2, 3]);
    expect(await core.history.ends(ALICE, 'live.1')).toMatchObject({ head: 3, floor: 1 });
  });

  it.each([
    [0, 'read'],
    [1, 'HISTORY_GONE'],
    [2, 'read'],
    [5, 'read'],
  ])('after %i of a topic that begins at 3: %s', async (after, expected) => {
    await core.publishMany('short.1', 5);
    const answer = await core.history.read(ALICE, 'short.1', { after, limit: 10 }).then(
      () => 'read',
      (error: unknown) => (error as { code: string }).code,
    );
    expect(answer).toBe(expected);
  });

  it('needs the right to subscribe', async () => {
    await expect(core.history.read(STRANGER, 'chat.1', { limit: 1 })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(core.history.ends(STRANGER, 'chat.1')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('lists topics of both kinds in name order, by pages', async () => {
    for (const topic of ['live.2', 'chat.2', 'news', 'live.1', 'chat.1']) await core.publish(topic, 1);
    const names = async (page: { after?: string; prefix?: string; limit: number }) =>
      (await core.history.topics(page)).map(({ topic }) => topic);
    expect(await names({ limit: 3 })).toEqual(['chat.1', 'chat.2', 'live.1']);
    expect(await names({ after: 'live.1', limit: 3 })).toEqual(['live.2', 'news']);
    expect(await names({ prefix: 'live', limit: 9 })).toEqual(['live.1', 'live.2']);
  });

  it.each(['chat.1', 'live.1'])('deletes a topic, which then begins again: %s', async (topic) => {
    const first = await core.publish(topic, 1);
    expect(await core.history.delete(topic)).toBe(true);
    expect(await core.history.delete(topic)).toBe(false);
    const second = await core.publish(topic, 2);
    expect(second.seq).toBe(1);
    expect(second.epoch).not.toBe(first.epoch);
  });
});
