import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { TestSocket } from '../support/socket.js';

describe('two users chat', () => {
  let gateway: TestGateway;
  let alice: TestSocket;
  let bob: TestSocket;

  beforeAll(async () => {
    gateway = await startGateway({ env: { WAYBILL_PRESENCE_COALESCE_MS: '20', WAYBILL_RESUME_WAIT_MS: '50' } });
    alice = await TestSocket.connect(gateway.port, await gateway.token('alice'));
    bob = await TestSocket.connect(gateway.port, await gateway.token('bob'));
  });
  afterAll(async () => {
    await alice.close();
    await bob.close();
    await gateway.stop();
  });

  it('see each other come and go', async () => {
    await alice.request('topic.subscribe', { topics: [{ topic: 'chat.presence' }] });
    await alice.find((frame) => frame['action'] === 'presence.join');
    await bob.request('topic.subscribe', { topics: [{ topic: 'chat.presence' }] });
    const join = await alice.find((frame) => frame['action'] === 'presence.join' && JSON.stringify(frame).includes('bob'));
    expect(join).toMatchObject({ topic: 'chat.presence', data: { users: ['bob'], users_count: 2, connections_count: 2 } });
    await bob.request('topic.unsubscribe', { topics: ['chat.presence'] });
    const leave = await alice.find((frame) => frame['action'] === 'presence.leave');
    expect(leave).toMatchObject({ topic: 'chat.presence', data: { users: ['bob'], users_count: 1 } });
  });

  it('get every message of the room once, in order, from both doors', async () => {
    for (const socket of [alice, bob]) await socket.request('topic.subscribe', { topics: [{ topic: 'chat.room' }] });
    for (let index = 0; index < 20; index += 1) {
      if (index % 2 === 0) alice.send({ msg_id: `room-${index}`, action: 'topic.publish', data: { topic: 'chat.room', data: index } });
      else await gateway.rest('POST', '/api/v1/topics/chat.room/messages', { data: index });
    }
    for (const socket of [alice, bob]) {
      const messages = await socket.untilMessages('chat.room', 20);
      expect(messages.map((message) => message['seq'])).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect(new Set(messages.map((message) => message['data'])).size).toBe(20);
    }
  });

  it('send each other direct messages that nobody else sees and that wait for who is away', async () => {
    const reply = await alice.request('user.send', { user: 'carol/ö', action: 'note', data: { text: 'later' } });
    expect(reply).toMatchObject({ code: 'OK', data: { topic: '$user.carol~2f~c3~b6', seq: 1 } });
    const carol = await TestSocket.connect(gateway.port, await gateway.token('carol/ö'));
    const { epoch } = reply['data'] as { epoch: string };
    await carol.request('resume', { topics: [{ topic: '$user.carol~2f~c3~b6', epoch, seq: 0 }] });
    const [note] = await carol.untilMessages('$user.carol~2f~c3~b6', 1);
    expect(note).toMatchObject({ action: 'note', seq: 1, data: { text: 'later' } });
    expect(bob.messages('$user.carol~2f~c3~b6')).toHaveLength(0);
    await carol.close();
  });

  it('refuses what a token does not grant, and says which rule refused', async () => {
    const guest = await TestSocket.connect(
      gateway.port,
      await gateway.token('guest', { topics: { subscribe: ['chat.room'], publish: [] } }),
    );
    const published = await guest.request('topic.publish', { topic: 'chat.room', data: 1 });
    expect(published).toMatchObject({ code: 'PERMISSION_DENIED' });
    expect(published['message']).toMatch(/publish/);
    const subscribed = await guest.request('topic.subscribe', { topics: [{ topic: '$user.alice' }, { topic: 'chat.room' }] });
    expect(subscribed).toMatchObject({
      code: 'OK',
      data: { topics: [{ topic: '$user.alice', code: 'PERMISSION_DENIED' }, { topic: 'chat.room' }] },
    });
    await guest.close();
  });

  it('go on after their token was refreshed, without a reconnect', async () => {
    const short = await gateway.rest('POST', '/api/v1/auth/tokens', {
      user: 'dora',
      topics: { subscribe: ['chat.room'], publish: [] },
      ttl_s: 2,
    });
    const dora = await TestSocket.connect(gateway.port, (short.body.data as { token: string }).token);
    await dora.request('topic.subscribe', { topics: [{ topic: 'chat.room' }] });
    await dora.find((frame) => frame['action'] === 'auth.expiring');
    const stranger = await dora.request('auth.refresh', { token: await gateway.token('mallory') });
    expect(stranger).toMatchObject({ code: 'PERMISSION_DENIED' });
    const refreshed = await dora.request('auth.refresh', {
      token: await gateway.token('dora', { topics: { subscribe: ['chat.room'], publish: [] } }),
    });
    expect(refreshed).toMatchObject({ code: 'OK', data: { expires_at: expect.any(Number) as number } });
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await alice.request('topic.publish', { topic: 'chat.room', data: 'after the refresh' });
    await dora.find((frame) => frame['data'] === 'after the refresh');
    await dora.close();
  });

  it('are closed with 4401 when their token expires', async () => {
    const short = await gateway.rest('POST', '/api/v1/auth/tokens', { user: 'erin', ttl_s: 1 });
    const erin = await TestSocket.connect(gateway.port, (short.body.data as { token: string }).token);
    expect(await erin.closed).toMatchObject({ code: 4401 });
    expect(erin.frames.at(-1)).toMatchObject({ action: 'sys.closing', data: { code: 4401 } });
  });
});
