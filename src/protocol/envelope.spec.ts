import { describe, expect, it } from 'vitest';
import { isReservedAction, requireClientFrame, requireEventName, requireMsgId, traceparentOrNothing } from './envelope.js';
import { LIMITS } from './limits.js';

const badRequest = (field: string) =>
  expect.objectContaining({ name: 'Refusal', code: 'BAD_REQUEST', field, message: expect.stringMatching(`^${field}: `) });

describe('requireClientFrame', () => {
  it('takes an action alone', () => {
    expect(requireClientFrame({ action: 'ping' }, '{"action":"ping"}')).toEqual({
      msgId: undefined,
      action: 'ping',
      data: undefined,
      trace: undefined,
      clientTimestamp: undefined,
      text: '{"action":"ping"}',
    });
  });

  it('takes every field', () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const frame = { version: '1', msg_id: 'm1', timestamp: 1_712_048_400_000, action: 'order.submit', data: { a: 1 }, trace };
    expect(requireClientFrame(frame, '…')).toEqual({
      msgId: 'm1',
      action: 'order.submit',
      data: { a: 1 },
      trace,
      clientTimestamp: 1_712_048_400_000,
      text: '…',
    });
  });

  it.each([
    ['frame', null],
    ['frame', []],
    ['frame', 'ping'],
    ['frame', 1],
    ['version', { version: '2', action: 'ping' }],
    ['version', { version: 1, action: 'ping' }],
    ['version', { version: null, action: 'ping' }],
    ['timestamp', { action: 'ping', timestamp: '1' }],
    ['timestamp', { action: 'ping', timestamp: 1.5 }],
    ['timestamp', { action: 'ping', timestamp: 2 ** 53 }],
    ['msg_id', { action: 'ping', msg_id: '' }],
    ['msg_id', { action: 'ping', msg_id: 7 }],
    ['msg_id', { action: 'ping', msg_id: null }],
    ['msg_id', { action: 'ping', msg_id: 'x'.repeat(LIMITS.msgIdLength + 1) }],
    ['msg_id', { action: 'ping', msg_id: 'a\nb' }],
    ['msg_id', { action: 'ping', msg_id: '\ud800' }],
    ['action', {}],
    ['action', { action: 1 }],
    ['action', { action: '' }],
    ['action', { action: '.hidden' }],
    ['action', { action: 'a b' }],
    ['action', { action: 'x'.repeat(LIMITS.actionLength + 1) }],
  ])('names the field %s of %j', (field, value) => {
    expect(() => requireClientFrame(value, '')).toThrow(badRequest(field));
  });

  it('says which versions are supported', () => {
    expect(() => requireClientFrame({ version: '9', action: 'ping' }, '')).toThrow(
      'version: not supported; this server speaks "1" and "1.0"',
    );
  });

  it.each(['1', '1.0'])('takes version %s', (version) => {
    expect(requireClientFrame({ version, action: 'ping' }, '').action).toBe('ping');
  });

  it('drops an ill-formed trace without an error', () => {
    expect(requireClientFrame({ action: 'ping', trace: 'nonsense' }, '').trace).toBeUndefined();
  });

  it('ignores a __proto__ member', () => {
    const value: unknown = JSON.parse('{"action":"ping","__proto__":{"msg_id":"polluted"}}');
    expect(requireClientFrame(value, '').msgId).toBeUndefined();
  });
});

describe('event names', () => {
  it.each([
    'auth',
    'ping',
    'welcome',
    'reply',
    'resume',
    'user.send',
    'auth.x',
    'topic.publish',
    'sys.closing',
    'presence.join',
    'session.x',
  ])('%s is the server’s', (name) => {
    expect(isReservedAction(name)).toBe(true);
    expect(() => requireEventName(name, 'data.action')).toThrow(badRequest('data.action'));
  });

  it.each(['message', 'order.submitted', 'authors', 'topics', 'pinged', 'user.sent', 'a:b/c-d_e$f'])('%s is free', (name) => {
    expect(requireEventName(name, 'action')).toBe(name);
  });

  it('is "message" where none is given', () => {
    expect(requireEventName(undefined, 'action')).toBe('message');
  });
});

describe('requireMsgId', () => {
  it('takes any printable text up to the limit', () => {
    const longest = 'ä'.repeat(LIMITS.msgIdLength);
    expect(requireMsgId(longest, 'msg_id')).toBe(longest);
    expect(requireMsgId(undefined, 'msg_id')).toBeUndefined();
  });
});

describe('traceparentOrNothing', () => {
  const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  it.each([
    [good, good],
    [good.toUpperCase(), undefined],
    [`${good}\n`, undefined],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, undefined],
    [`00-0af7651916cd43dd8448eb211c80319c-${'0'.repeat(16)}-01`, undefined],
    [good.replace('00-', 'ff-'), undefined],
    ['', undefined],
    [5, undefined],
  ])('%j gives %j', (value, expected) => {
    expect(traceparentOrNothing(value)).toBe(expected);
  });
});
