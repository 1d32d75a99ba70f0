import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, IsNull, LessThanOrEqual, MoreThan, Repository } from 'typeorm';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import type { Grants } from '../principal.js';
import type { Revocation } from '../revocation.js';
import { RevocationStore } from '../revocation-store.js';
import { Revoking } from '../revoking.js';
import { storageTrouble } from '../storage-trouble.js';
import { TokenIssuer } from '../token-issuer.js';
import { MOST_KEYS } from './device-authentication.js';
import { isValid, placeOf } from './device-directory.js';
import { Device } from './device.entity.js';
import { DeviceKey } from './device-key.entity.js';
import { SealingKeys } from './sealing-keys.js';

/** A key to register: the public half of a pair, or the wish for a shared key that the server makes. */
export type NewDeviceKey = { readonly kind: 'ed25519'; readonly publicKey: Buffer } | { readonly kind: 'hmac' };

export interface NewDevice {
  readonly id: string;
  readonly user: string;
  readonly roles: readonly string[];
  readonly grants: Grants;
  readonly key: NewDeviceKey;
}

/** A device with its keys, the newest first. */
export interface DeviceRecord {
  readonly device: Device;
  readonly keys: readonly DeviceKey[];
}

/** What was made; `secret` is the shared key where there is one, and this is the only time it is seen. */
export interface MadeDeviceKey {
  readonly record: DeviceRecord;
  readonly key: DeviceKey;
  readonly secret: Buffer | undefined;
}

export interface DevicePage {
  readonly items: readonly DeviceRecord[];
  readonly next: string | undefined;
}

/** Why the tokens of a device end: it was disabled or removed, or one of its keys was. */
interface WithdrawalReason {
  readonly kind: 'device' | 'device_key';
  readonly what: string;
  /** Who did it. */
  readonly by: string;
}

const SHARED_KEY_BYTES = 32;

/** Registered devices: made, listed, changed and removed here. Rejects with `UNAVAILABLE` without a database. */
@Injectable()
export class Devices {
  constructor(
    @InjectRepository(Device) private readonly devices: Repository<Device>,
    @InjectRepository(DeviceKey) private readonly keys: Repository<DeviceKey>,
    private readonly config: Config,
    private readonly sealing: SealingKeys,
    private readonly issuer: TokenIssuer,
    private readonly revoking: Revoking,
    private readonly store: RevocationStore,
  ) {}

  /** Rejects with `BAD_REQUEST` where the id is taken, or the grants do not fit into a token. */
  async register({ id, user, roles, grants, key: wanted }: NewDevice): Promise<MadeDeviceKey> {
    const tenure = randomUUID();
    // Said now, rather than when the device first tries to enter.
    await this.issuer.mint({ user, roles, grants, device: { id, tenure } });
    const device = Object.assign(new Device(), {
      id,
      user,
      roles: [...roles],
      grants,
      tenure,
      createdAt: new Date(),
      disabledAt: null,
      lastSeenAt: null,
    });
    const { key, secret } = this.makeKey(id, wanted);
    await this.transaction(async (manager) => {
      const inserted = await manager.createQueryBuilder().insert().into(Device).values(device).orIgnore().returning('id').execute();
      if ((inserted.raw as readonly unknown[]).length === 0) {
        throw Refusal.badRequest('id', 'belongs to a device that is registered already; remove that one, or give it a new key');
      }
      await manager.insert(DeviceKey, key);
    });
    return { record: { device, keys: [key] }, key, secret };
  }

  async find(id: string): Promise<DeviceRecord> {
    return this.orTrouble(async () => {
      const device = await this.devices.findOneBy({ id });
      if (device === null) throw noSuchDevice();
      return { device, keys: await keysOf(this.keys.manager, id) };
    });
  }

  /** By id, from behind `after`. */
  async list(after: string | undefined, limit: number): Promise<DevicePage> {
    return this.orTrouble(async () => {
      const found = await this.devices.find({
        ...(after === undefined ? {} : { where: { id: MoreThan(after) } }),
        order: { id: 'ASC' },
        take: limit + 1,
      });
      const page = found.slice(0, limit);
      const keys = page.length === 0 ? [] : await this.keys.find({ where: page.map(({ id }) => ({ deviceId: id })), order: NEWEST_FIRST });
      const byDevice = Map.groupBy(keys, ({ deviceId }) => deviceId);
      return {
        items: page.map((device) => ({ device, keys: byDevice.get(device.id) ?? [] })),
        next: found.length > limit ? page.at(-1)?.id : undefined,
      };
    });
  }

  /** Gives a device a second key; the present one goes on working for `devices.keyOverlapSeconds`. Rejects where it has two already. */
  async addKey(id: string, wanted: NewDeviceKey): Promise<MadeDeviceKey> {
    const { key, secret } = this.makeKey(id, wanted);
    const record = await this.transaction(async (manager) => {
      const device = await locked(manager, id);
      await manager.delete(DeviceKey, { deviceId: id, expiresAt: LessThanOrEqual(new Date()) });
      const others = await keysOf(manager, id);
      if (others.length >= MOST_KEYS) {
        throw Refusal.badRequest('id', `has ${MOST_KEYS} keys already; remove one with DELETE /api/v1/devices/{id}/keys/{key}`);
      }
      const overlapMs = this.config.devices.keyOverlapSeconds * 1_000;
      await manager.update(DeviceKey, { deviceId: id, expiresAt: IsNull() }, { expiresAt: new Date(Date.now() + overlapMs) });
      await manager.insert(DeviceKey, key);
      return { device, keys: await keysOf(manager, id) };
    });
    return { record, key, secret };
  }

  /** Takes a key away; the tokens of the device end with it, since they may be of that key. The other key, if it was to expire, stays. */
  async removeKey(id: string, keyId: string, by: string): Promise<DeviceRecord> {
    const { record, rule } = await this.transaction(async (manager) => {
      const device = await locked(manager, id);
      const keys = await keysOf(manager, id);
      if (!keys.some((key) => key.id === keyId))
        throw new Refusal('NOT_FOUND', 'The device has no such key; GET /api/v1/devices/{id} lists them.');
      if (!keys.some((key) => key.id !== keyId && isValid(key))) {
        throw Refusal.badRequest('key', 'is the only one that works; add another first, or disable or remove the device');
      }
      await manager.delete(DeviceKey, { id: keyId });
      await manager.update(DeviceKey, { deviceId: id, expiresAt: MoreThan(new Date()) }, { expiresAt: null });
      const { ended, rule } = await this.endTenure(manager, device, { kind: 'device_key', what: 'lost a key', by });
      return { rule, record: { device: ended, keys: await keysOf(manager, id) } };
    });
    this.revoking.stored(rule);
    return record;
  }

  /** A disabled device gets no token, and those it has are worth nothing. Twice is harmless. */
  async disable(id: string, by: string): Promise<DeviceRecord> {
    const { rule, record } = await this.transaction(async (manager) => {
      const device = await locked(manager, id);
      const keys = await keysOf(manager, id);
      if (device.disabledAt !== null) return { rule: undefined, record: { device, keys } };
      const { ended, rule: made } = await this.endTenure(
        manager,
        device,
        { kind: 'device', what: 'was disabled', by },
        { disabledAt: new Date() },
      );
      return { rule: made, record: { device: ended, keys } };
    });
    if (rule !== undefined) this.revoking.stored(rule);
    return record;
  }

  async enable(id: string): Promise<DeviceRecord> {
    return this.transaction(async (manager) => {
      const device = await locked(manager, id);
      await manager.update(Device, { id }, { disabledAt: null });
      return { device: Object.assign(new Device(), device, { disabledAt: null }), keys: await keysOf(manager, id) };
    });
  }

  /** Answers what was removed. */
  async remove(id: string, by: string): Promise<DeviceRecord> {
    const { rule, removed } = await this.transaction(async (manager) => {
      const device = await locked(manager, id);
      const keys = await keysOf(manager, id);
      const made = this.withdrawal(device, { kind: 'device', what: 'was removed', by });
      await manager.delete(Device, { id });
      await this.store.addWithin(manager, made);
      return { rule: made, removed: { device, keys } };
    });
    this.revoking.stored(rule);
    return removed;
  }

  /** From here on tokens name another tenure, and those of this one are worth nothing. */
  private async endTenure(
    manager: EntityManager,
    device: Device,
    reason: WithdrawalReason,
    changes: Partial<Pick<Device, 'disabledAt'>> = {},
  ): Promise<{ readonly ended: Device; readonly rule: Revocation }> {
    const next = { ...changes, tenure: randomUUID() };
    await manager.update(Device, { id: device.id }, next);
    const rule = this.withdrawal(device, reason);
    await this.store.addWithin(manager, rule);
    return { ended: Object.assign(new Device(), device, next), rule };
  }

  private withdrawal({ id, tenure }: Device, { kind, what, by }: WithdrawalReason): Revocation {
    return this.revoking.ruleForDevice(kind, tenure, { reason: `device ${id} ${what}`, by });
  }

  private makeKey(deviceId: string, wanted: NewDeviceKey): { readonly key: DeviceKey; readonly secret: Buffer | undefined } {
    const id = randomUUID();
    const secret = wanted.kind === 'hmac' ? randomBytes(SHARED_KEY_BYTES) : undefined;
    const sealed = secret === undefined ? undefined : this.sealing.seal(secret, placeOf({ id, deviceId }));
    const key = Object.assign(new DeviceKey(), {
      id,
      deviceId,
      kind: wanted.kind,
      publicKey: wanted.kind === 'ed25519' ? wanted.publicKey : null,
      sealedKey: sealed?.bytes ?? null,
      sealedWith: sealed?.with ?? null,
      createdAt: new Date(),
      expiresAt: null,
    });
    return { key, secret };
  }

  private transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.orTrouble(() => this.devices.manager.transaction(work));
  }

  private async orTrouble<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw storageTrouble(error, 'Devices cannot be looked up or changed now');
    }
  }
}

const NEWEST_FIRST = { createdAt: 'DESC', id: 'ASC' } as const;

/** The device, until the end of the transaction nobody else's. */
async function locked(manager: EntityManager, id: string): Promise<Device> {
  const device = await manager.findOne(Device, { where: { id }, lock: { mode: 'pessimistic_write' } });
  if (device === null) throw noSuchDevice();
  return device;
}

function keysOf(manager: EntityManager, deviceId: string): Promise<DeviceKey[]> {
  return manager.find(DeviceKey, { where: { deviceId }, order: NEWEST_FIRST });
}

function noSuchDevice(): Refusal {
  return new Refusal('NOT_FOUND', 'There is no such device; GET /api/v1/devices lists them.');
}
