import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, type FindOptionsWhere, In, IsNull, LessThan, MoreThan, Or, Repository } from 'typeorm';
import { Telemetry, type RevocationKind } from '../telemetry/telemetry.js';
import type { Revocation } from './revocation.js';
import { RevocationRow } from './revocation.entity.js';
import { storageTrouble } from './storage-trouble.js';

/** A row that was inserted or taken back since somebody looked. */
export interface RevocationChange {
  readonly rule: Revocation;
  readonly isRemoved: boolean;
  readonly change: number;
}

export interface RevocationFilter {
  readonly kinds: readonly RevocationKind[];
  readonly subject: string | undefined;
  readonly limit: number;
  /** Number of the change that the page before ended with. */
  readonly before: number | undefined;
}

/** Any number that nothing else in the database locks by. */
const CHANGES_LOCK = 7_225_330_142;
const KEPT_MS = 3_600_000;

/** The table of revocations. Rejects with `UNAVAILABLE` without a database. */
@Injectable()
export class RevocationStore {
  constructor(
    @InjectRepository(RevocationRow) private readonly repository: Repository<RevocationRow>,
    private readonly telemetry: Telemetry,
  ) {}

  /** Inserts a rule; a block takes the place of the one its user has. */
  add(rule: Revocation): Promise<void> {
    return this.write(async (manager) => {
      if (rule.kind === 'block') await remove(manager, { kind: 'block', subject: rule.subject });
      await insert(manager, rule);
    });
  }

  /** Inserts a rule as part of somebody's transaction, at its end: until it commits, no other rule is changed. */
  async addWithin(manager: EntityManager, rule: Revocation): Promise<void> {
    await lockChanges(manager);
    await insert(manager, rule);
  }

  /** Takes a rule back; answers it where it was in force. */
  remove(id: string, kinds: readonly RevocationKind[]): Promise<readonly Revocation[]> {
    return this.write((manager) => remove(manager, { id, kind: In([...kinds]) }));
  }

  removeBlock(user: string): Promise<readonly Revocation[]> {
    return this.write((manager) => remove(manager, { kind: 'block', subject: user }));
  }

  /** Rules in force, newest first, and the change to go on from. */
  async list({
    kinds,
    subject,
    limit,
    before,
  }: RevocationFilter): Promise<{ readonly items: readonly Revocation[]; readonly next: number | undefined }> {
    const rows = await this.read(() =>
      this.repository.find({
        where: {
          ...inForce(),
          kind: In([...kinds]),
          ...(subject === undefined ? {} : { subject }),
          ...(before === undefined ? {} : { change: LessThan(String(before)) }),
        },
        order: { change: 'DESC' },
        take: limit + 1,
      }),
    );
    const page = rows.slice(0, limit);
    return { items: page.map(ruleOf), next: rows.length > limit ? Number(page.at(-1)?.change) : undefined };
  }

  all(): Promise<readonly Revocation[]> {
    return this.read(async () => (await this.repository.findBy(inForce())).map(ruleOf));
  }

  /** Number of the newest change; 0 where there is none. */
  newest(): Promise<number> {
    return this.read(async () => {
      const row = await this.repository
        .createQueryBuilder('r')
        .select('max(r.change)', 'newest')
        .getRawOne<{ readonly newest: string | null }>();
      return Number(row?.newest ?? 0);
    });
  }

  /** What happened after a change, in order. */
  since(change: number): Promise<readonly RevocationChange[]> {
    return this.read(async () => {
      const rows = await this.repository.find({ where: { change: MoreThan(String(change)) }, order: { change: 'ASC' } });
      return rows.map((row) => ({ rule: ruleOf(row), isRemoved: row.removedAt !== null, change: Number(row.change) }));
    });
  }

  /** Deletes what has been over for so long that every node has learnt of it, or will read the whole table. */
  async purge(): Promise<void> {
    const past = LessThan(new Date(Date.now() - KEPT_MS));
    await this.repository.delete({ expiresAt: past });
    await this.repository.delete({ removedAt: past });
  }

  /** Changes are numbered in the order of their commits, or a node that looks between two commits would miss one. */
  private write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.read(() =>
      this.repository.manager.transaction(async (manager) => {
        await lockChanges(manager);
        return work(manager);
      }),
    );
  }

  private async read<T>(work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } catch (error) {
      throw storageTrouble(error, 'Revocations and blocks cannot be read or changed now');
    } finally {
      this.telemetry.databaseOperation('revocations', performance.now() - began);
    }
  }
}

async function lockChanges(manager: EntityManager): Promise<void> {
  await manager.query('select pg_advisory_xact_lock($1)', [CHANGES_LOCK]);
}

async function insert(manager: EntityManager, rule: Revocation): Promise<void> {
  await manager.insert(RevocationRow, { ...rowOf(rule), change: await nextChange(manager) });
}

function inForce(): FindOptionsWhere<RevocationRow> {
  return { removedAt: IsNull(), expiresAt: Or(IsNull(), MoreThan(new Date())) };
}

async function remove(manager: EntityManager, which: FindOptionsWhere<RevocationRow>): Promise<readonly Revocation[]> {
  const now = Date.now();
  // Those that are over too: a block that ended by itself must not stand in the way of the next one.
  const rows = await manager.findBy(RevocationRow, { ...which, removedAt: IsNull() });
  for (const { id } of rows) await manager.update(RevocationRow, { id }, { removedAt: new Date(), change: await nextChange(manager) });
  return rows.map(ruleOf).filter(({ expiresAt }) => now < (expiresAt ?? Infinity));
}

async function nextChange(manager: EntityManager): Promise<string> {
  const [row] = (await manager.query(`select nextval('waybill.revocation_change') as change`)) as readonly [{ readonly change: string }];
  return row.change;
}

function rowOf(rule: Revocation): Omit<RevocationRow, 'change'> {
  return {
    id: rule.id,
    kind: rule.kind,
    subject: rule.subject,
    issuedBefore: dateOf(rule.issuedBefore),
    effectiveAt: new Date(rule.effectiveAt),
    expiresAt: dateOf(rule.expiresAt),
    reason: rule.reason,
    createdBy: rule.createdBy,
    createdAt: new Date(rule.createdAt),
    removedAt: null,
  };
}

function ruleOf(row: RevocationRow): Revocation {
  return {
    id: row.id,
    kind: row.kind,
    subject: row.subject,
    issuedBefore: row.issuedBefore?.getTime(),
    effectiveAt: row.effectiveAt.getTime(),
    expiresAt: row.expiresAt?.getTime(),
    reason: row.reason,
    createdBy: row.createdBy,
    createdAt: row.createdAt.getTime(),
  };
}

function dateOf(milliseconds: number | undefined): Date | null {
  return milliseconds === undefined ? null : new Date(milliseconds);
}
