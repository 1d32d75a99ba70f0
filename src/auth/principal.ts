/** What a token grants on topics, in the words of its claims. `*` stands for any rest of a name. */
export interface Grants {
  readonly topics: { readonly subscribe: readonly string[]; readonly publish: readonly string[] };
  readonly users: { readonly send: readonly string[] };
  readonly broadcast: boolean;
}

/** Scopes of API keys; each REST route names the one it needs. */
export const SCOPES = ['publish', 'read', 'tokens', 'ops', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Roles of operators, each with the rights of those before it. */
export const OPERATOR_ROLES = ['viewer', 'operator', 'admin'] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** Somebody who has proved who they are. Immutable; bound to a connection or request for life. */
export interface Principal {
  readonly kind: 'user' | 'api_key' | 'operator' | 'system';
  /** User id of a token, `key:<name>` of an API key, or `operator:<name>` of an operator who signed in: the publisher that idempotency and waybills name. */
  readonly id: string;
  /** Roles of a user's token; of an operator the one role that they have. */
  readonly roles: readonly string[];
  readonly grants: Grants;
  /** Scopes of an API key, or those that an operator's role stands for; empty for users. */
  readonly scopes: readonly Scope[];
  /** Milliseconds since the epoch; undefined: does not expire. */
  readonly expiresAt: number | undefined;
  /** The token's `jti`, where it has one. */
  readonly tokenId: string | undefined;
  /** When the token was issued (`iat`), milliseconds since the epoch; undefined where it does not say, and for all but users. */
  readonly issuedAt?: number | undefined;
  /** Digest of the session that an operator came by; undefined for all others. */
  readonly session?: string | undefined;
  /** The device that proved itself for this token. */
  readonly device?: DeviceClaim | undefined;
}

/** What the token of a device says of it. */
export interface DeviceClaim {
  readonly id: string;
  /** Whatever the device was given before it was disabled, removed or robbed of a key names another tenure. */
  readonly tenure: string;
}

export const NO_GRANTS: Grants = { topics: { subscribe: [], publish: [] }, users: { send: [] }, broadcast: false };
export const EVERY_GRANT: Grants = { topics: { subscribe: ['*'], publish: ['*'] }, users: { send: ['*'] }, broadcast: true };
