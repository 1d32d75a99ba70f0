import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Telemetry } from '../../telemetry/telemetry.js';
import { inTime } from '../in-time.js';
import { storageTrouble } from '../storage-trouble.js';
import { Device } from './device.entity.js';
import { DeviceKey } from './device-key.entity.js';
import { nobodysKeys, type ProofKey } from './device-proof.js';
import { BrokenSeal, type Sealed, SealingKeys } from './sealing-keys.js';

/** A device as its answers are judged by: the newest key first, none that has expired. */
export interface KnownDevice {
  readonly device: Device;
  readonly keys: readonly ProofKey[];
}

/** The answer is to come within three seconds, whatever the database does. */
const LONGEST_WAIT_MS = 2_500;
const SEEN_NOTED_EVERY_MS = 60_000;

/** Finds a device and its keys, opened. */
@Injectable()
export class DeviceDirectory {
  private readonly logger = new Logger('Devices');

  constructor(
    @InjectRepository(Device) private readonly devices: Repository<Device>,
    @InjectRepository(DeviceKey) private readonly keys: Repository<DeviceKey>,
    private readonly sealing: SealingKeys,
    private readonly telemetry: Telemetry,
  ) {}

  /** Undefined where there is no such device. Rejects with `UNAVAILABLE` without a database. */
  async find(id: string): Promise<KnownDevice | undefined> {
    const began = performance.now();
    try {
      // Both always, so that a device that does not exist takes as long as one that does.
      const [device, keys] = await inTime(Promise.all([this.devices.findOneBy({ id }), this.keysOf(id)]), LONGEST_WAIT_MS);
      return device === null ? undefined : { device, keys: this.opened(keys) };
    } catch (error) {
      throw storageTrouble(error, 'Devices cannot be looked up or changed now');
    } finally {
      this.telemetry.databaseOperation('device', performance.now() - began);
    }
  }

  /** A mark that is lost does no harm: the next answer sets it again. */
  noteSeen({ id, lastSeenAt }: Device): void {
    if (lastSeenAt !== null && Date.now() - lastSeenAt.getTime() < SEEN_NOTED_EVERY_MS) return;
    this.devices.update({ id }, { lastSeenAt: new Date() }).catch(() => undefined);
  }

  private keysOf(deviceId: string): Promise<DeviceKey[]> {
    return this.keys.find({ where: { deviceId }, order: { createdAt: 'DESC', id: 'ASC' } });
  }

  private opened(keys: readonly DeviceKey[]): readonly ProofKey[] {
    return keys.filter(isValid).map((key) => this.open(key) ?? UNUSABLE);
  }

  private open(key: DeviceKey): ProofKey | undefined {
    if (key.publicKey !== null) return { kind: 'ed25519', bytes: key.publicKey };
    try {
      return { kind: 'hmac', bytes: this.sealing.open(sealedOf(key), placeOf(key)) };
    } catch (error) {
      if (!(error instanceof BrokenSeal)) throw error;
      this.logger.error(`The key ${key.id} of the device ${key.deviceId} cannot be opened: ${error.message}.`);
      return undefined;
    }
  }
}

/** Keeps the place of a key that cannot be opened: no proof is made with it. */
const UNUSABLE = nobodysKeys().hmac;

/** Whether a key of a device may be used now. */
export function isValid({ expiresAt }: DeviceKey): boolean {
  return expiresAt === null || Date.now() < expiresAt.getTime();
}

/** What a shared key is bound to by its seal: moved to another row, it does not open. */
export function placeOf({ id, deviceId }: Pick<DeviceKey, 'id' | 'deviceId'>): string {
  return ['waybill-device-key', '1', deviceId, id].join('\n');
}

/** The sealed key of a row of the kind `hmac`. */
export function sealedOf({ sealedKey, sealedWith }: DeviceKey): Sealed {
  return { bytes: sealedKey ?? Buffer.alloc(0), with: sealedWith ?? '' };
}
