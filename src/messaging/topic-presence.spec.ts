import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessagingCore, principalOf, SeeingSubscriber, STRANGER } from '../../test/support/messaging-core.js';

const TOPIC = 'chat.1';

describe('presence of topics', () => {
  let core: MessagingCore;
  let watcher: SeeingSubscriber;

  function open(env: Readonly<Record<string, string>> = {}): void {
    core = new MessagingCore({
      env: { WAYBILL_PRESENCE_COALESCE_MS: '200', ...env },
      file: { messaging: { namespaces: { quiet: { presence: false } } } },
    });
    watcher = new SeeingSubscriber('watcher');
  }

  const connect = (user: string, connection: string): SeeingSubscriber => new SeeingSubscriber(connection, principalOf(user));
  const pushed = (): readonly unknown[] =>
    watcher.frames.filter((frame) => frame.action.startsWith('presence.')).map((frame) => [frame.action, frame.topic, frame.data]);

  /** Lets the coalescing time pass, and what follows it reach the subscribers. */
  async function pass(milliseconds = 200): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds);
    for (let count = 0; count < 4; count += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** The watcher is in, and its own join has been pushed. */
  async function watch(): Promise<void> {
    await core.join(watcher, TOPIC);
    await pass();
    watcher.frames.length = 0;
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    open();
  });
  afterEach(async () => {
    await core.close();
    vi.useRealTimers();
  });

  it('pushes joins and leaves together, once per user, after the coalescing time', async () => {
    await watch();
    const [phone, laptop, bob] = [connect('alice', 'c1'), connect('alice', 'c2'), connect('bob', 'c3')];
    for (const subscriber of [phone, laptop, bob]) await core.join(subscriber, TOPIC);
    await pass(199);
    expect(pushed()).toEqual([]);
    await pass(1);
    expect(pushed()).toEqual([['presence.join', TOPIC, { users: ['alice', 'bob'], users_count: 3, connections_count: 4 }]]);
    watcher.frames.length = 0;
    core.subscriptions.unsubscribe(phone, TOPIC);
    await pass();
    expect(pushed()).toEqual([]);
    core.subscriptions.closeAll(laptop);
    core.subscriptions.closeAll(bob);
    await pass();
    expect(pushed()).toEqual([['presence.leave', TOPIC, { users: ['alice', 'bob'], users_count: 1, connections_count: 1 }]]);
  });

  it('tells those who listen of the first user, and that user too', async () => {
    await core.join(watcher, TOPIC);
    await pass();
    expect(pushed()).toEqual([['presence.join', TOPIC, { users: [watcher.principal.id], users_count: 1, connections_count: 1 }]]);
  });

  it('does not mention a user who was alone, went, and came back', async () => {
    await watch();
    core.subscriptions.unsubscribe(watcher, TOPIC);
    await vi.advanceTimersByTimeAsync(50);
    await core.join(watcher, TOPIC);
    await pass();
    expect(pushed()).toEqual([]);
  });

  it('does not mention a user who came and went, or went and came back', async () => {
    await watch();
    const [first, again] = [connect('alice', 'c1'), connect('alice', 'c2')];
    await core.join(first, TOPIC);
    core.subscriptions.closeAll(first);
    await pass();
    expect(pushed()).toEqual([]);
    await core.join(again, TOPIC);
    await pass();
    watcher.frames.length = 0;
    core.subscriptions.unsubscribe(again, TOPIC);
    await vi.advanceTimersByTimeAsync(50);
    await core.join(again, TOPIC);
    await pass();
    expect(pushed()).toEqual([]);
    expect(core.announcer.waiting).toBe(0);
  });

  it.each([
    ['above the most members', '2'],
    ['where pushing is off', '0'],
  ])('pushes nothing %s, and still lists them', async (_name, most) => {
    await core.close();
    open({ WAYBILL_PRESENCE_PUSH_MEMBERS: most });
    await core.join(watcher, TOPIC);
    for (const user of ['alice', 'bob', 'carol']) await core.join(connect(user, `c-${user}`), TOPIC);
    await pass();
    expect(pushed()).toEqual([]);
    expect(await core.presence.list(watcher.principal, TOPIC)).toMatchObject({ users: 4, connections: 4 });
  });

  it('names many users over several frames', async () => {
    await core.close();
    open({ WAYBILL_PRESENCE_PUSH_MEMBERS: '1000' });
    await watch();
    for (let index = 0; index < 450; index += 1) await core.join(connect(`u${index}`, `c${index}`), TOPIC);
    await pass();
    expect(watcher.of('presence.join').map((frame) => (frame.data as { users: string[] }).users.length)).toEqual([200, 200, 50]);
  });

  it('lists members up to the limit, and counts all', async () => {
    await core.close();
    open({ WAYBILL_PRESENCE_LIST_MEMBERS: '1' });
    await core.join(connect('alice', 'c1'), TOPIC);
    await core.join(connect('alice', 'c2'), TOPIC);
    const list = await core.presence.list(watcher.principal, TOPIC);
    expect(list).toMatchObject({ connections: 2, users: 1, members: [{ user: 'alice', connectionId: 'c1' }] });
    expect(list.members).toHaveLength(1);
  });

  it('counts users only: a backend that listens is nobody', async () => {
    const backend = connect('key:x', 'c1');
    backend.principal = { ...backend.principal, kind: 'api_key', scopes: ['read'] };
    await core.join(backend, TOPIC);
    expect(await core.presence.list(watcher.principal, TOPIC)).toMatchObject({ connections: 0 });
  });

  it.each([
    ['without the right', STRANGER, TOPIC, 'PERMISSION_DENIED'],
    ['where the namespace keeps none', principalOf('alice'), 'quiet.1', 'NOT_FOUND'],
    ['of a server topic', principalOf('alice'), '$all', 'NOT_FOUND'],
  ])('refuses a list %s', async (_name, principal, topic, code) => {
    await expect(core.presence.list(principal, topic)).rejects.toMatchObject({ code });
  });
});
