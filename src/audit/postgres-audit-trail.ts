import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { Refusal } from '../protocol/refusal.js';
import { Database, type Row } from '../storage/database.js';
import { type AuditContent, type AuditHead, type AuditRecord, contentOf } from './audit-record.js';
import { AUDIT_COLUMNS, recordOf } from './audit-row.js';
import { type AuditEntry, AuditTrail } from './audit-trail.js';
import type { AuditQuery, AuditView } from './audit-view.js';
import { digestOf } from './chain.js';

const RETRY_AFTER_MS = 1_000;

const INSERT = `insert into waybill.audit (at, node, actor, action, target, result, address, trace_id, before, after, digest)
  values (to_timestamp($1::bigint / 1000.0), $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11) returning id, hash`;

/**
 * The trail in the table `waybill.audit`, of all nodes that share the database. The database numbers and chains the entries, lets
 * nobody change them, and each is written to the log as well, so that whoever keeps the log keeps the chain.
 */
@Injectable()
export class PostgresAuditTrail extends AuditTrail implements AuditView {
  private readonly logger = new Logger('Audit');
  private readonly node: string;

  constructor(
    private readonly database: Database,
    config: Config,
  ) {
    super();
    this.node = nodeIdOf(config);
  }

  override get refusal(): Refusal | undefined {
    if (this.database.circuit.state === 'closed') return undefined;
    return new Refusal(
      'UNAVAILABLE',
      'this is recorded in the audit trail, and the database that keeps it is away: nothing was done; try again when it is back',
      { retryAfterMs: RETRY_AFTER_MS },
    );
  }

  /** Rejects with `QueryFailure`. */
  override async record(entry: AuditEntry): Promise<void> {
    const content = contentOf(entry, Date.now(), this.node);
    try {
      const [row] = await this.database.query('audit', { text: INSERT, values: valuesOf(content) });
      const [id, hash] = row as readonly [string, string];
      this.logger.log({ event: 'audit', id: Number(id), hash, ...content });
    } catch (error) {
      // The log is the only witness then.
      this.logger.error({ event: 'audit.not_recorded', ...content, err: error });
      throw error;
    }
  }

  async read(query: AuditQuery): Promise<readonly AuditRecord[]> {
    return (await this.ask(...statementOf(query))).map(recordOf);
  }

  async head(): Promise<AuditHead> {
    const [row] = await this.ask('select count, hash from waybill.audit_head', []);
    const [count, hash] = row as readonly [string, string];
    return { count: Number(count), hash };
  }

  private async ask(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    try {
      return await this.database.query('audit', { text, values });
    } catch {
      throw new Refusal('UNAVAILABLE', 'the audit trail cannot be read now, because the database does not answer', {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
  }
}

function valuesOf(content: AuditContent): readonly unknown[] {
  const { at, node, actor, action, target, result, address, trace_id: traceId, before, after } = content;
  return [at, node, actor, action, target, result, address ?? null, traceId ?? null, jsonOf(before), jsonOf(after), digestOf(content)];
}

function jsonOf(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A condition for each filter that is given; the number of a record is its place in the order. */
function statementOf(query: AuditQuery): readonly [text: string, values: readonly unknown[]] {
  const { order, after, from, to, limit, ...equal } = query;
  const conditions: string[] = [];
  const values: unknown[] = [];
  const where = (value: unknown, condition: (parameter: string) => string): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  for (const name of ['actor', 'action', 'target', 'result'] as const) where(equal[name], (parameter) => `${name} = ${parameter}`);
  where(from, (parameter) => `at >= to_timestamp(${parameter}::bigint / 1000.0)`);
  where(to, (parameter) => `at < to_timestamp(${parameter}::bigint / 1000.0)`);
  where(after, (parameter) => `id ${order === 'oldest' ? '>' : '<'} ${parameter}`);
  values.push(limit);
  const filter = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const direction = order === 'oldest' ? 'asc' : 'desc';
  return [`select ${AUDIT_COLUMNS} from waybill.audit ${filter} order by id ${direction} limit $${values.length}`, values];
}
