import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from './limits.js';
import { Refusal } from './refusal.js';
import { isUserId, namespaceOf, requireTopic, topicKind, userOfTopic, userTopic } from './topic-name.js';

const NAMES: readonly (readonly [name: string, kind: ReturnType<typeof topicKind>, why: string])[] = [
  ['chat', 'plain', 'one segment'],
  ['orders.42', 'plain', 'two segments'],
  ['a.b-c.d_e.F9', 'plain', 'the whole alphabet'],
  ['__proto__', 'plain', 'a name like any other'],
  ['a'.repeat(LIMITS.topicLength), 'plain', 'the longest'],
  ['a'.repeat(LIMITS.topicLength + 1), undefined, 'one too long'],
  ['', undefined, 'empty'],
  ['.', undefined, 'no segment'],
  ['chat.', undefined, 'empty last segment'],
  ['.chat', undefined, 'empty first segment'],
  ['a..b', undefined, 'empty middle segment'],
  ['chat room', undefined, 'a space'],
  ['chat\n', undefined, 'a line break at the end'],
  ['chät', undefined, 'a letter outside the alphabet'],
  ['chat.*', undefined, 'a wildcard'],
  ['chat/room', undefined, 'a slash'],
  ['$all', 'all', 'everyone'],
  ['$all.x', undefined, 'below everyone'],
  ['$user', undefined, 'nobody'],
  ['$user.', undefined, 'an empty user'],
  ['$user.alice', 'user', 'a user'],
  ['$user.a~2eb', 'user', 'a dot in the id'],
  ['$user.a.b', undefined, 'a dot that is not encoded'],
  ['$user.a~2Eb', undefined, 'upper-case hexadecimal'],
  ['$user.~61', undefined, 'encoded without need'],
  ['$user.a~2', undefined, 'a cut escape'],
  ['$user.a~zz', undefined, 'an escape that is not hexadecimal'],
  ['$user.~ff', undefined, 'bytes that are not UTF-8'],
  ['$user.~c3~a4', 'user', 'two bytes of one character'],
  ['$user.~00', undefined, 'a control character'],
  [userTopic('x'.repeat(LIMITS.userLength)), 'user', 'the longest user id'],
  [`$user.${'x'.repeat(LIMITS.userLength + 1)}`, undefined, 'a user id one too long'],
  ['$other', undefined, 'a server topic that does not exist'],
  ['$', undefined, 'a dollar alone'],
];

describe('topicKind', () => {
  it.each(NAMES)('%j is %s: %s', (name, kind) => {
    expect(topicKind(name)).toBe(kind);
  });

  it.each(NAMES)('requireTopic agrees about %j', (name, kind) => {
    if (kind === undefined)
      expect(() => requireTopic(name, 'data.topic')).toThrow(expect.objectContaining({ code: 'BAD_REQUEST', field: 'data.topic' }));
    else expect(requireTopic(name, 'data.topic')).toBe(name);
  });

  it.each([[undefined], [null], [1], [{}], [['chat']]])('refuses %j, which is not a string, naming the field', (value) => {
    expect(() => requireTopic(value, 'topic')).toThrow(Refusal.badRequest('topic', 'must be a string naming a topic'));
  });
});

describe('namespaceOf', () => {
  it.each([
    ['chat', 'chat'],
    ['chat.room.1', 'chat'],
    ['$user.alice', '$user'],
    ['$all', '$all'],
  ])('%s is in %s', (topic, namespace) => {
    expect(namespaceOf(topic)).toBe(namespace);
  });
});

describe('user topics', () => {
  const userId = fc.string({ unit: 'binary', minLength: 1, maxLength: 64 }).filter(isUserId);

  it('are written in one way only, and read back as the same user', () => {
    fc.assert(
      fc.property(userId, (user) => {
        const topic = userTopic(user);
        expect(topicKind(topic)).toBe('user');
        expect(userOfTopic(topic)).toBe(user);
        expect(topic).toMatch(/^\$user\.[A-Za-z0-9_~-]+$/);
      }),
    );
  });

  it('differ for different users', () => {
    fc.assert(
      fc.property(userId, userId, (left, right) => {
        expect(userTopic(left) === userTopic(right)).toBe(left === right);
      }),
    );
  });

  it('name a user only where encoding that user gives the name again', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'aZ9_-~0f6'), minLength: 1, maxLength: 12 }), (encoded) => {
        const user = userOfTopic(`$user.${encoded}`);
        if (user !== undefined) expect(userTopic(user)).toBe(`$user.${encoded}`);
      }),
    );
  });
});

describe('isUserId', () => {
  it.each([
    ['alice', true],
    ['Ä ö 名前', true],
    ['alice@example.com', true],
    ['🙂'.repeat(LIMITS.userLength), true],
    ['🙂'.repeat(LIMITS.userLength + 1), false],
    ['', false],
    ['a\u0000', false],
    ['a\u007f', false],
    ['a\u200b', false],
    ['a\u202e', false],
    ['a\u2028', false],
    ['\ud800', false],
    [42, false],
    [undefined, false],
  ])('%j: %s', (value, expected) => {
    expect(isUserId(value)).toBe(expected);
  });
});
