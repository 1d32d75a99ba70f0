import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { policyOf } from '../config/namespace-policy.js';
import { ALL_TOPIC, namespaceOf, topicKind, USER_NAMESPACE, userOfTopic, userTopic } from '../protocol/topic-name.js';
import { Authorizer, type Decision } from './authorizer.js';
import type { Grants, Principal, Scope } from './principal.js';

type Operation = 'subscribe' | 'publish';

const BY_SYSTEM = allowed('system');
const OWN_TOPIC = allowed('own user topic');
const EVERYONE_READS_ALL = allowed('everyone reads $all');
const CANARYS_OWN = refused(
  'canary topic',
  'Topics of the canary are the node’s own: nobody else subscribes or publishes to them, and no grant changes that.',
);
const RULE_OF = { probe: 'probe topics', ops: 'operators topics' } as const;
const BY_CLAIM = {
  subscribe: allowed('claims.topics.subscribe'),
  publish: allowed('claims.topics.publish'),
  send: allowed('claims.users.send'),
  broadcast: allowed('claims.broadcast'),
};
const BY_SCOPE = { read: allowed('scope.read'), publish: allowed('scope.publish'), ops: allowed('scope.ops') };

/** Rights from a token's claims, the policy of the topic's namespace, and an API key's scopes; any of them that grants suffices. */
@Injectable()
export class ClaimsAuthorizer extends Authorizer {
  constructor(private readonly config: Config) {
    super();
  }

  maySubscribe(principal: Principal, topic: string): Decision {
    const kind = topicKind(topic);
    if (kind === 'probe' || kind === 'ops') return this.mayWatch(principal, topic);
    if (principal.kind !== 'user') return this.byScope(principal, 'read', `read ${topic}`);
    if (topic === ALL_TOPIC) return EVERYONE_READS_ALL;
    if (kind === 'canary') return CANARYS_OWN;
    if (kind === 'user') return ownTopic(principal, topic);
    if (covers(principal.grants.topics.subscribe, topic)) return BY_CLAIM.subscribe;
    return this.byPolicy(topic, 'subscribe') ?? this.ungranted(principal, topic, 'subscribe');
  }

  mayPublish(principal: Principal, topic: string): Decision {
    const kind = topicKind(topic);
    if (kind === 'probe' || kind === 'ops') {
      if (principal.kind === 'system') return BY_SYSTEM;
      return refused(
        RULE_OF[kind],
        `${principal.id} may not publish to ${topic}: only the node itself does; no grant or scope changes that.`,
      );
    }
    if (principal.kind !== 'system' && kind === 'canary') return CANARYS_OWN;
    if (principal.kind !== 'user') return this.byScope(principal, 'publish', `publish to ${topic}`);
    const byClaim = publishClaim(principal.grants, topic);
    return byClaim ?? this.byPolicy(topic, 'publish') ?? this.ungranted(principal, topic, 'publish');
  }

  /** What operators watch is for operators: for nobody's token, whatever it grants and whatever the policy of namespaces says. */
  private mayWatch(principal: Principal, topic: string): Decision {
    if (principal.kind !== 'user') return this.byScope(principal, 'ops', `read ${topic}`);
    const rule = RULE_OF[topicKind(topic) === 'probe' ? 'probe' : 'ops'];
    return refused(rule, `${principal.id} may not subscribe to ${topic}: it is for operators; no grant changes that.`);
  }

  private byScope(principal: Principal, scope: keyof typeof BY_SCOPE & Scope, deed: string): Decision {
    if (principal.kind === 'system') return BY_SYSTEM;
    if (principal.scopes.includes(scope)) return BY_SCOPE[scope];
    if (principal.session !== undefined)
      return refused(
        `scope.${scope}`,
        `${principal.id} may not ${deed} here: an operator's socket is for $ops and $probe topics, and the rest goes by REST.`,
      );
    return refused(`scope.${scope}`, `${principal.id} may not ${deed}: its API key lacks the scope "${scope}".`);
  }

  private byPolicy(topic: string, operation: Operation): Decision | undefined {
    const namespace = namespaceOf(topic);
    return policyOf(this.config.messaging.namespaces, namespace)[operation] === 'anyone'
      ? allowed(this.policyRule(namespace, operation))
      : undefined;
  }

  /** Names the policy that decides: the namespace's own, or the default one. */
  private policyRule(namespace: string, operation: Operation): string {
    const named = Object.hasOwn(this.config.messaging.namespaces, namespace) ? namespace : 'default';
    return `namespace.${named}.${operation}`;
  }

  private ungranted(principal: Principal, topic: string, operation: Operation): Decision {
    const [rule, claim] = neededClaim(topic, operation);
    const deed = operation === 'publish' ? 'publish to' : 'subscribe to';
    return refused(
      rule,
      `${principal.id} may not ${deed} ${topic}: rule ${rule} does not cover it, and ${this.policyRule(namespaceOf(topic), operation)} is "granted". A token with ${claim} would.`,
    );
  }
}

function publishClaim(grants: Grants, topic: string): Decision | undefined {
  if (topic === ALL_TOPIC) return grants.broadcast ? BY_CLAIM.broadcast : undefined;
  const user = topic.startsWith('$') ? userOfTopic(topic) : undefined;
  if (user !== undefined) return covers(grants.users.send, user) ? BY_CLAIM.send : undefined;
  return covers(grants.topics.publish, topic) ? BY_CLAIM.publish : undefined;
}

function ownTopic(principal: Principal, topic: string): Decision {
  if (topic === userTopic(principal.id)) return OWN_TOPIC;
  return refused(
    'own user topic',
    `${principal.id} may not subscribe to ${topic}: each user reads their own ${USER_NAMESPACE} topic and nobody else's; no grant changes that.`,
  );
}

/** The rule that could grant it, and the claim to ask for. */
function neededClaim(topic: string, operation: Operation): readonly [rule: string, claim: string] {
  if (topic === ALL_TOPIC) return ['claims.broadcast', '"broadcast":true'];
  const user = topic.startsWith('$') ? userOfTopic(topic) : undefined;
  if (user !== undefined) return ['claims.users.send', `"users":{"send":[${JSON.stringify(user)}]}`];
  return [`claims.topics.${operation}`, `"topics":{"${operation}":["${topic}"]}`];
}

/** Whether a list of exact names and beginnings followed by `*` has one for this name. Callers keep `$` topics away from topic lists. */
function covers(patterns: readonly string[], name: string): boolean {
  for (const pattern of patterns) {
    if (pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)))) return true;
  }
  return false;
}

function allowed(rule: string): Decision & { readonly allowed: true } {
  return { allowed: true, rule };
}

function refused(rule: string, message: string): Decision {
  return { allowed: false, rule, message };
}
