import type { Principal } from './principal.js';

/** The answer and the rule that gave it: `claims.topics.publish`, `namespace.chat.subscribe`, `own user topic` … */
export type Decision =
  { readonly allowed: true; readonly rule: string } | { readonly allowed: false; readonly rule: string; readonly message: string };

/**
 * Port: what a principal may do. Called by the core, so that both doors share it, and again on every recovery and refresh.
 * Pure and synchronous: it sits on the publish path. Takes valid topic names only.
 */
export abstract class Authorizer {
  abstract maySubscribe(principal: Principal, topic: string): Decision;
  /** Covers plain topics, `$user.<id>` (the `users.send` right) and `$all` (the `broadcast` right). */
  abstract mayPublish(principal: Principal, topic: string): Decision;
}
