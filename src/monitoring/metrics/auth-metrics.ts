import { CACHES, JWKS_RESULTS, REVOCATION_KINDS } from './label-values.js';
import { closed, type MetricDefinition } from './metric-definition.js';

/** Tokens, the keys that verify them, and what was revoked. */
export const AUTH_METRICS = {
  cacheRequests: {
    name: 'waybill_cache_requests_total',
    type: 'counter',
    unit: 'lookups',
    help: 'What was looked for in the caches of this node. A miss costs a signature check (token), a question to the database (api_key, operator_session) or a fetch of the key set (jwks), so a storm of reconnects should be hits.',
    labels: {
      cache: closed(
        'Tokens verified lately, API keys and sessions of operators known from the database, keys of the issuer’s key set.',
        ...CACHES,
      ),
      result: closed('Whether it was there, and still to be believed.', 'hit', 'miss'),
    },
  },
  jwksFetches: {
    name: 'waybill_jwks_fetches_total',
    type: 'counter',
    unit: 'fetches',
    help: "Fetches of the issuer's key set by how they ended; everything but ok leaves the keys as they were.",
    labels: { result: closed('How it ended.', ...JWKS_RESULTS) },
  },
  jwksKeys: {
    name: 'waybill_jwks_keys',
    type: 'gauge',
    overNodes: 'min',
    unit: 'keys',
    help: "Keys of the issuer's key set that serve now; 0 where none is configured, or none can be had.",
    labels: {},
  },
  revocations: {
    name: 'waybill_revocations',
    type: 'gauge',
    overNodes: 'max',
    unit: 'rules',
    help: 'Revocations and blocks in force on this node. Nodes that differ for longer than some seconds do not all reach the database.',
    labels: { kind: closed('What they are of.', ...REVOCATION_KINDS) },
  },
  revocationsAge: {
    name: 'waybill_revocations_age_seconds',
    type: 'gauge',
    overNodes: 'max',
    unit: 'seconds',
    help: 'Time since this node last learnt the revocations of other nodes; above a few seconds the database is away.',
    labels: {},
  },
  revokedRefused: {
    name: 'waybill_revoked_refused_total',
    type: 'counter',
    unit: 'refusals',
    help: 'Credentials that were good but revoked, or whose user is blocked; a rise of renewed means that old tokens are used again.',
    labels: { kind: closed('What had been revoked.', ...REVOCATION_KINDS) },
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
