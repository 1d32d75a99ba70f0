import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { int4Array, textArray } from '../array-parameter.js';
import { Database } from '../database.js';
import { idempotencyMs, keepDays } from '../retention.js';

/** A message's own braces, in which subscribers get the payload. */
const ENVELOPE_LEVELS = 1;

/**
 * Tells the database what the configuration says of namespaces, because `waybill.publish` has nobody else to ask. Where nodes
 * differ, the one that started last is heard.
 */
@Injectable()
export class NamespaceTable implements OnApplicationBootstrap {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.write();
  }

  /** Rejects with `QueryFailure`. */
  async write(): Promise<void> {
    const { frameBytes, jsonDepth } = this.config.gateway;
    const namespaces = Object.entries(this.config.messaging.namespaces);
    const policies = namespaces.map(([, policy]) => policy);
    await this.database.query('namespaces', {
      text: 'select waybill.configure_namespaces($1, $2::boolean[], $3, $4, $5, $6)',
      values: [
        textArray(namespaces.map(([name]) => name)),
        policies.map((policy) => policy.durable),
        int4Array(policies.map((policy) => keepDays(this.config, policy))),
        int4Array(policies.map(({ max_payload_bytes: most }) => (most === 0 ? frameBytes : Math.min(most, frameBytes)))),
        jsonDepth - ENVELOPE_LEVELS,
        idempotencyMs(this.config),
      ],
    });
  }
}
