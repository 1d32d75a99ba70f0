import { describe, expect, it } from 'vitest';
import { testConfig } from '../../test/support/tokens.js';
import { ClaimsAuthorizer } from './claims-authorizer.js';
import { EVERY_GRANT, type Grants, NO_GRANTS, type Principal, type Scope } from './principal.js';

const POLICIES = {
  lobby: { subscribe: 'anyone', publish: 'anyone' },
  news: { subscribe: 'anyone' },
  // Whatever a namespace says, nobody reads somebody else's topic.
  $user: { subscribe: 'anyone', publish: 'granted' },
};
const authorizer = new ClaimsAuthorizer(testConfig({}, { messaging: { namespaces: POLICIES } }));
const generous = new ClaimsAuthorizer(
  testConfig(
    {},
    {
      messaging: {
        namespaces: { default: { subscribe: 'anyone', publish: 'anyone' }, $user: { publish: 'anyone' }, $all: { publish: 'anyone' } },
      },
    },
  ),
);

function user(grants: Partial<Grants> = {}, id = 'alice'): Principal {
  return { kind: 'user', id, roles: [], grants: { ...NO_GRANTS, ...grants }, scopes: [], expiresAt: undefined, tokenId: undefined };
}

function key(...scopes: Scope[]): Principal {
  return { kind: 'api_key', id: 'key:app', roles: [], grants: EVERY_GRANT, scopes, expiresAt: undefined, tokenId: undefined };
}

const system: Principal = { ...key(), kind: 'system', id: 'system' };
const reads = (...subscribe: string[]): Principal => user({ topics: { subscribe, publish: [] } });
const writes = (...publish: string[]): Principal => user({ topics: { subscribe: [], publish } });
const sends = (...send: string[]): Principal => user({ users: { send } });

type Case = readonly [principal: Principal, topic: string, allowed: boolean, rule: string];

describe('subscribing', () => {
  const cases: readonly Case[] = [
    [reads('orders.42'), 'orders.42', true, 'claims.topics.subscribe'],
    [reads('orders.42'), 'orders.421', false, 'claims.topics.subscribe'],
    [reads('orders.42'), 'orders.4', false, 'claims.topics.subscribe'],
    [reads('orders.42'), 'orders.42.items', false, 'claims.topics.subscribe'],
    [reads('a', 'chat.*'), 'chat.room.1', true, 'claims.topics.subscribe'],
    [reads('chat.*'), 'chat', false, 'claims.topics.subscribe'],
    [reads('chat.*'), 'chatter.1', false, 'claims.topics.subscribe'],
    [reads('chat*'), 'chatter.1', true, 'claims.topics.subscribe'],
    [reads('Chat.*'), 'chat.1', false, 'claims.topics.subscribe'],
    [reads('*'), 'anything.at.all', true, 'claims.topics.subscribe'],
    [writes('*'), 'orders.42', false, 'claims.topics.subscribe'],
    [user(), 'orders.42', false, 'claims.topics.subscribe'],
    [user(), 'lobby', true, 'namespace.lobby.subscribe'],
    [user(), 'news.today', true, 'namespace.news.subscribe'],
    [user(), 'newsroom.today', false, 'claims.topics.subscribe'],
    [user(), '$all', true, 'everyone reads $all'],
    [user(), '$user.alice', true, 'own user topic'],
    [user({}, 'a b'), '$user.a~20b', true, 'own user topic'],
    [reads('*'), '$user.bob', false, 'own user topic'],
    [reads('$user.*'), '$user.bob', false, 'own user topic'],
    [user({ users: { send: ['*'] } }), '$user.bob', false, 'own user topic'],
    [key('read'), 'orders.42', true, 'scope.read'],
    [key('read'), '$user.bob', true, 'scope.read'],
    [key('publish', 'ops', 'tokens'), 'orders.42', false, 'scope.read'],
    [key(), '$all', false, 'scope.read'],
    [system, '$user.bob', true, 'system'],
  ];
  it.each(cases)('%j to %s: %s by %s', (principal, topic, allowed, rule) => {
    expect(authorizer.maySubscribe(principal, topic)).toMatchObject({ allowed, rule });
  });

  it('follows the default namespace where no other is named', () => {
    expect(generous.maySubscribe(user(), 'orders.42')).toEqual({ allowed: true, rule: 'namespace.default.subscribe' });
    expect(generous.maySubscribe(user(), '$user.bob').allowed).toBe(false);
  });
});

describe('publishing', () => {
  const cases: readonly Case[] = [
    [writes('chat.*'), 'chat.1', true, 'claims.topics.publish'],
    [reads('*'), 'chat.1', false, 'claims.topics.publish'],
    [user(), 'lobby', true, 'namespace.lobby.publish'],
    [user(), 'news.today', false, 'claims.topics.publish'],
    [writes('*'), '$all', false, 'claims.broadcast'],
    [user({ broadcast: true }), '$all', true, 'claims.broadcast'],
    [writes('*'), '$user.bob', false, 'claims.users.send'],
    [writes('*'), '$user.alice', false, 'claims.users.send'],
    [sends('bob'), '$user.bob', true, 'claims.users.send'],
    [sends('bob'), '$user.bobby', false, 'claims.users.send'],
    [sends('dr*'), '$user.dr~20who', true, 'claims.users.send'],
    [sends('dr who'), '$user.dr~20who', true, 'claims.users.send'],
    [sends('*'), '$user.anybody', true, 'claims.users.send'],
    [sends('*'), 'chat.1', false, 'claims.topics.publish'],
    [user({ broadcast: true }), 'chat.1', false, 'claims.topics.publish'],
    [key('publish'), '$user.bob', true, 'scope.publish'],
    [key('publish'), '$all', true, 'scope.publish'],
    [key('read', 'ops', 'tokens'), 'chat.1', false, 'scope.publish'],
    [system, '$all', true, 'system'],
  ];
  it.each(cases)('%j to %s: %s by %s', (principal, topic, allowed, rule) => {
    expect(authorizer.mayPublish(principal, topic)).toMatchObject({ allowed, rule });
  });

  it('follows the policy of the server namespaces where an operator opened them', () => {
    expect(generous.mayPublish(user(), '$user.bob')).toEqual({ allowed: true, rule: 'namespace.$user.publish' });
    expect(generous.mayPublish(user(), '$all')).toEqual({ allowed: true, rule: 'namespace.$all.publish' });
  });
});

describe('a refusal', () => {
  it.each([
    [
      'a topic',
      authorizer.mayPublish(user(), 'orders.42'),
      ['alice', 'orders.42', 'claims.topics.publish', 'namespace.default.publish', '"topics":{"publish":["orders.42"]}'],
    ],
    ['a named namespace', authorizer.mayPublish(user(), 'news.1'), ['namespace.news.publish']],
    [
      'a user',
      authorizer.mayPublish(user(), '$user.dr~20who'),
      ['claims.users.send', '"users":{"send":["dr who"]}', 'namespace.$user.publish'],
    ],
    ['everybody', authorizer.mayPublish(user(), '$all'), ['claims.broadcast', '"broadcast":true']],
    ["somebody's topic", authorizer.maySubscribe(user(), '$user.bob'), ['alice', '$user.bob', 'no grant changes that']],
    ['an API key', authorizer.maySubscribe(key('publish'), 'a'), ['key:app', '"read"']],
  ])('about %s names the rule and what would allow it', (_name, decision, parts) => {
    if (decision.allowed) throw new Error('was allowed');
    for (const part of parts) expect(decision.message).toContain(part);
  });
});
