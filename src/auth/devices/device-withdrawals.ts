import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Principal } from '../principal.js';

/** Why the tokens of a device are worth nothing any more: it was disabled, removed, or one of its keys was. */
export type WithdrawalReason = 'disabled' | 'removed' | 'key';

export interface Withdrawal {
  readonly device: string;
  readonly tenure: string;
  readonly reason: WithdrawalReason;
}

type Listener = (withdrawals: ReadonlyMap<string, Withdrawal>) => void;

/** Longer than any token of a device lives (at most a day, and the allowed clock difference). */
const KEPT_MS = 172_800_000;
/** How far back each look goes: what was written by a transaction that ended late is seen all the same. */
const LOOK_BACK_MS = 10_000;
/** Withdrawals are told again for so long: a socket that was being opened at that moment is found by then. */
const TOLD_AGAIN_MS = 5_000;
const PURGE_EVERY_MS = 3_600_000;

interface Known extends Withdrawal {
  readonly since: number;
}

/**
 * Tenures of devices whose tokens are worth nothing any more. Known to this process, so that a check costs a look into a map; other nodes learn of
 * them from the database, which each asks every `devices.pollMs`. While the database is away, what is known holds.
 */
@Injectable()
export class DeviceWithdrawals implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Devices');
  private readonly known = new Map<string, Known>();
  private readonly listeners: Listener[] = [];
  private timer: NodeJS.Timeout | undefined;
  private purgedAt = -Infinity;
  private newest: Date | undefined;
  private isStopped = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.look();
    this.lookLater();
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** Calls work with those that came lately, by their tenure; some are told more than once. */
  onWithdrawn(listener: Listener): void {
    this.listeners.push(listener);
  }

  /** Writes one within the transaction that makes it true. */
  async write(manager: EntityManager, { device, tenure, reason }: Withdrawal): Promise<void> {
    await manager.query('insert into waybill.device_withdrawal (tenure, device_id, reason) values ($1, $2, $3)', [tenure, device, reason]);
  }

  /** On this node at once, when that transaction has committed. */
  apply(withdrawal: Withdrawal): void {
    this.remember(withdrawal);
    this.tell();
  }

  /** Throws `UNAUTHENTICATED` for the principal of a token that is worth nothing any more. */
  check({ device }: Principal): void {
    if (device === undefined || !this.known.has(device.tenure)) return;
    throw new Refusal(
      'UNAUTHENTICATED',
      'This token was given to a device that was disabled or removed since, or to a key that it has no more; the device must prove itself anew.',
      { rule: 'device.withdrawn' },
    );
  }

  private remember(withdrawal: Withdrawal): void {
    if (!this.known.has(withdrawal.tenure)) this.known.set(withdrawal.tenure, { ...withdrawal, since: performance.now() });
  }

  private tell(): void {
    const after = performance.now() - TOLD_AGAIN_MS - this.config.devices.pollMs;
    const lately = new Map([...this.known].filter(([, { since }]) => since > after));
    if (lately.size > 0) for (const listener of this.listeners) listener(lately);
  }

  private lookLater(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.look().finally(() => this.lookLater()), this.config.devices.pollMs);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    try {
      const since = this.newest === undefined ? new Date(0) : new Date(this.newest.getTime() - LOOK_BACK_MS);
      const rows: readonly (Withdrawal & { readonly at: Date })[] = await this.dataSource.query(
        'select device_id as device, tenure, reason, at from waybill.device_withdrawal where at >= $1 order by at',
        [since],
      );
      for (const { at, ...withdrawal } of rows) {
        this.remember(withdrawal);
        this.newest = at;
      }
      this.tell();
      await this.purge();
    } catch (error) {
      if (!this.isStopped) this.logger.warn(`Devices that other nodes disabled or removed could not be read: ${(error as Error).message}`);
    }
  }

  private async purge(): Promise<void> {
    const now = performance.now();
    if (now - this.purgedAt < PURGE_EVERY_MS) return;
    this.purgedAt = now;
    for (const [tenure, { since }] of this.known) if (now - since > KEPT_MS) this.known.delete(tenure);
    await this.dataSource.query(`delete from waybill.device_withdrawal where at < now() - $1 * interval '1 millisecond'`, [KEPT_MS]);
  }
}
