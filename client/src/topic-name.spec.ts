import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as server from '../../src/protocol/topic-name.js';
import { userTopic } from './topic-name.js';

describe('userTopic', () => {
  it('is the name that the server gives', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (user) => {
        expect(userTopic(user)).toBe(server.userTopic(user));
      }),
    );
    expect(userTopic('ann@example.org')).toBe('$user.ann~40example~2eorg');
  });
});
