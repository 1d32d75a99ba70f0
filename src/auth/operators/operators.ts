import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, IsNull, MoreThan, Repository } from 'typeorm';
import { Refusal } from '../../protocol/refusal.js';
import type { OperatorRole, Principal } from '../principal.js';
import { storageTrouble } from '../storage-trouble.js';
import { Operator } from './operator.entity.js';
import { requireRightsOf } from './operator-rights.js';
import { OperatorSessions } from './operator-sessions.js';
import { PasswordHasher } from './password-hasher.js';

export interface NewOperator {
  readonly name: string;
  readonly role: OperatorRole;
  readonly password: string;
}

/** Each of them ends the sessions of the account. */
export interface OperatorChange {
  readonly role?: OperatorRole | undefined;
  readonly password?: string | undefined;
  readonly disabled?: boolean | undefined;
}

export interface ChangedOperator {
  readonly before: Operator;
  readonly after: Operator;
}

/** Any number that nothing else in the database locks by. */
const ACCOUNTS_LOCK = 7_225_330_142;

/** The accounts of operators. Rejects with `UNAVAILABLE` without a database. */
@Injectable()
export class Operators {
  constructor(
    @InjectRepository(Operator) private readonly repository: Repository<Operator>,
    private readonly hasher: PasswordHasher,
    private readonly sessions: OperatorSessions,
  ) {}

  /** In the order of their names. `after`: only those behind this name. */
  list(limit: number, after?: string): Promise<readonly Operator[]> {
    const where = after === undefined ? {} : { where: { name: MoreThan(after) } };
    return orTrouble(this.repository.find({ ...where, order: { name: 'ASC' }, take: limit }));
  }

  find(name: string): Promise<Operator | null> {
    return orTrouble(this.repository.findOneBy({ name }));
  }

  /** Makes the account where there is none at all yet; false where there is. Nodes that start together make one. */
  async makeFirst(first: NewOperator): Promise<boolean> {
    if (await this.repository.exists()) return false;
    const row = await this.rowOf(first);
    return this.alone(async (manager) => {
      if (await manager.exists(Operator)) return false;
      await manager.insert(Operator, row);
      return true;
    });
  }

  /** Rejects with `CONFLICT` where the name is taken, `PERMISSION_DENIED` where the role has more rights than the giver. */
  async add(account: NewOperator, giver: Principal): Promise<Operator> {
    requireRightsOf(account.role, giver);
    const row = await this.rowOf(account);
    return this.alone(async (manager) => {
      if (await manager.existsBy(Operator, { name: row.name })) {
        throw new Refusal('CONFLICT', `there is an operator "${row.name}" already; choose another name, or change that account`, {
          field: 'name',
        });
      }
      await manager.insert(Operator, row);
      return row;
    });
  }

  /** Ends the account's sessions. Rejects with `NOT_FOUND`, and with `CONFLICT` where no enabled admin would be left. */
  async change(name: string, change: OperatorChange, giver: Principal): Promise<ChangedOperator> {
    const password = change.password === undefined ? undefined : await this.hasher.hash(change.password);
    const changed = await this.alone(async (manager) => {
      const before = await accountOf(manager, name);
      requireRightsOf(before.role, giver);
      if (change.role !== undefined) requireRightsOf(change.role, giver);
      const after = Object.assign(new Operator(), before, {
        role: change.role ?? before.role,
        password: password ?? before.password,
        disabledAt: disabledAt(before, change.disabled),
      });
      await manager.update(Operator, { id: before.id }, { role: after.role, password: after.password, disabledAt: after.disabledAt });
      await requireAnAdmin(manager);
      await this.sessions.endAllOf(before.id, manager);
      return { before, after };
    });
    this.sessions.forget(changed.before.id);
    return changed;
  }

  /** The account with its sessions. Rejects as `change` does. */
  async remove(name: string, giver: Principal): Promise<Operator> {
    const removed = await this.alone(async (manager) => {
      const account = await accountOf(manager, name);
      requireRightsOf(account.role, giver);
      await manager.delete(Operator, { id: account.id });
      await requireAnAdmin(manager);
      return account;
    });
    this.sessions.forget(removed.id);
    return removed;
  }

  async noteSignIn({ id }: Operator): Promise<void> {
    await orTrouble(this.repository.update({ id }, { lastLoginAt: new Date() }));
  }

  /** Stores the same password at today's cost, unless another was set since the account was read. */
  async rehash({ id, password: before }: Operator, password: string): Promise<void> {
    const anew = await this.hasher.hash(password);
    await orTrouble(this.repository.update({ id, password: before }, { password: anew }));
  }

  private async rowOf({ name, role, password }: NewOperator): Promise<Operator> {
    return Object.assign(new Operator(), {
      id: randomUUID(),
      name,
      role,
      password: await this.hasher.hash(password),
      createdAt: new Date(),
      disabledAt: null,
      lastLoginAt: null,
    });
  }

  /** Changes of accounts run one after another, so that two cannot take away the last two admins. */
  private alone<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return orTrouble(
      this.repository.manager.transaction(async (manager) => {
        await manager.query('select pg_advisory_xact_lock($1)', [ACCOUNTS_LOCK]);
        return work(manager);
      }),
    );
  }
}

async function accountOf(manager: EntityManager, name: string): Promise<Operator> {
  const account = await manager.findOneBy(Operator, { name });
  if (account === null) throw new Refusal('NOT_FOUND', 'There is no operator of this name; GET /api/v1/ops/operators lists them.');
  return account;
}

async function requireAnAdmin(manager: EntityManager): Promise<void> {
  if (await manager.existsBy(Operator, { role: 'admin', disabledAt: IsNull() })) return;
  throw new Refusal('CONFLICT', 'This is the last admin who can sign in: make another one first.', { rule: 'operators.last_admin' });
}

function disabledAt({ disabledAt: before }: Operator, disabled: boolean | undefined): Date | null {
  if (disabled === undefined) return before;
  return disabled ? (before ?? new Date()) : null;
}

async function orTrouble<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw storageTrouble(error, 'Operators cannot be looked up or changed now');
  }
}
