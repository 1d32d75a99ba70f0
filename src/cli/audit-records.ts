import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { AuditHead, AuditRecord } from '../audit/audit-record.js';
import { AUDIT_COLUMNS, recordOf } from '../audit/audit-row.js';
import { UsageError } from './exit-codes.js';
import type { RemoteGateway } from './gateway.js';
import { LogDatabase } from './log-database.js';

const PAGE = 1_000;

/** The audit trail, wherever it is read from. */
export interface AuditSource {
  /** The trail's own head, at a moment before its records are read; undefined where there is none. */
  readonly head: AuditHead | undefined;
  /** The records behind one, the oldest first. */
  records(after: number): AsyncIterable<AuditRecord>;
}

interface Page {
  readonly items: readonly AuditRecord[];
}

export async function auditOfGateway(gateway: RemoteGateway): Promise<AuditSource> {
  const head = (await gateway.call({ path: 'ops/audit/head' })) as AuditHead;
  const read = async (after: number): Promise<readonly AuditRecord[]> =>
    ((await gateway.call({ path: `ops/audit?order=oldest&limit=${PAGE}&cursor=${after}` })) as Page).items;
  return { head, records: (after) => inPages(read, after) };
}

/** Straight from the database, without a gateway that could say otherwise. */
export async function auditOfDatabase<T>(dataDir: string, work: (source: AuditSource) => Promise<T>): Promise<T> {
  return LogDatabase.with(dataDir, async (database) => {
    const [row] = await database.query<{ count: string; hash: string }>('select count, hash from waybill.audit_head');
    const head = row === undefined ? undefined : { count: Number(row.count), hash: row.hash };
    const read = async (after: number): Promise<readonly AuditRecord[]> => {
      const rows = await database.query(`select ${AUDIT_COLUMNS} from waybill.audit where id > $1 order by id limit ${PAGE}`, [after]);
      return rows.map((columns) => recordOf(Object.values(columns)));
    };
    return work({ head, records: (after) => inPages(read, after) });
  });
}

/** What `waybill audit export` wrote. */
export function auditOfFile(path: string): AuditSource {
  return { head: undefined, records: (after) => linesOf(path, after) };
}

async function* inPages(read: (after: number) => Promise<readonly AuditRecord[]>, begin: number): AsyncIterable<AuditRecord> {
  for (let after = begin, page = await read(after); page.length > 0; page = await read(after)) {
    yield* page;
    after = page.at(-1)?.id ?? after;
  }
}

async function* linesOf(path: string, after: number): AsyncIterable<AuditRecord> {
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    number += 1;
    if (line.trim() === '') continue;
    const record = parsed(line, `${path}, line ${number}`);
    if (record.id > after) yield record;
  }
}

function parsed(line: string, where: string): AuditRecord {
  try {
    const record = JSON.parse(line) as AuditRecord | null;
    if (typeof record?.id === 'number') return record;
  } catch {
    // Said below.
  }
  throw new UsageError(`${where} is no record of the audit trail. Give a file that "waybill audit export" wrote.`);
}
