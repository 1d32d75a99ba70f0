import { scryptSync } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { ApiKeys } from './auth/api-keys.js';
import { SealingKeys } from './auth/devices/sealing-keys.js';
import { Secrets } from './auth/secrets.js';
import type { CommonGround } from './cluster/common-ground.js';
import { Registry } from './cluster/registry.js';
import { Config } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { NodeDrain } from './messaging/node-drain.js';
import { Neighbours } from './storage/ledger/neighbours.js';
import { LogWitness } from './storage/log-witness.js';

const HASH_BYTES = 16;
/** Who drains a node that does not belong to the others. */
const ITSELF = 'the node itself, which does not fit the others';

/**
 * Joins this node with the others that share its Redis or its database, before it takes connections. Throws `ConfigError` where it does not fit
 * them. Redis may be away: then it is joined later and, where it turns out not to fit, sends its clients to the others.
 */
export async function joinOthers(app: INestApplication): Promise<void> {
  const config = app.get(Config);
  const registry = app.get(Registry, { strict: false });
  const neighbours = app.get(Neighbours, { strict: false });
  if (config.cluster.redisUrl !== undefined) registry.require(commonGround(app, config));
  registry.onMisfit(() => drain(app.get(NodeDrain, { strict: false })));
  const problems = [...(config.cluster.startChecks ? await neighbours.problems() : []), ...(await registry.join())];
  if (problems.length > 0) throw new ConfigError(problems);
  const keys = app.get(ApiKeys, { strict: false });
  if (registry.isJoined) await keys.enterFirst();
  // Redis is away: the others are met later.
  else registry.onceJoined(() => keys.enterFirst());
}

function commonGround(app: INestApplication, config: Config): () => CommonGround {
  const { jwtSecret, apiKey } = app.get(Secrets, { strict: false });
  const keys = app.get(SealingKeys, { strict: false }).ids.join(',');
  const witness = app.get(LogWitness, { strict: false });
  const secrets = {
    jwt_secret: hashOf('jwt_secret', jwtSecret),
    api_key: hashOf('api_key', Buffer.from(apiKey)),
    device_keys: config.devices.sealingKey === undefined ? `own:${keys}` : keys,
  };
  return () => ({ ...secrets, ...(witness.databaseId === undefined ? {} : { database: witness.databaseId }) });
}

/** Slow on purpose: whoever reads it at Redis must not find a weak secret by trying. Named, so that equal secrets for two purposes do not show. */
function hashOf(name: string, secret: Uint8Array): string {
  return scryptSync(secret, `waybill cluster ${name}`, HASH_BYTES).toString('hex');
}

function drain(node: NodeDrain): void {
  // Where somebody drains it already, or it stops, its clients go anyway.
  if (node.current === undefined) node.start(node.plan, ITSELF);
}
