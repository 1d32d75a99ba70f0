import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Not, Repository } from 'typeorm';
import { placeOf, sealedOf } from './device-directory.js';
import { DeviceKey } from './device-key.entity.js';
import { BrokenSeal, SealingKeys } from './sealing-keys.js';

const AT_ONCE = 500;

/** At the start, seals with the current key what the previous one sealed, so that the previous one can go. */
@Injectable()
export class Resealing implements OnApplicationBootstrap {
  private readonly logger = new Logger('Devices');

  constructor(
    @InjectRepository(DeviceKey) private readonly keys: Repository<DeviceKey>,
    private readonly sealing: SealingKeys,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    let sealed = 0;
    let broken = 0;
    let after = '00000000-0000-0000-0000-000000000000';
    for (;;) {
      const rows = await this.next(after);
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.id;
      for (const row of rows) {
        if (await this.reseal(row)) sealed += 1;
        else broken += 1;
      }
    }
    if (sealed > 0) this.logger.log(`${sealed} keys of devices were sealed anew with the current sealing key.`);
    if (broken > 0) {
      this.logger.error(
        `${broken} keys of devices were sealed with a key that this node does not have: set it as WAYBILL_DEVICE_KEY_PREVIOUS, or those devices cannot enter.`,
      );
    }
  }

  private next(after: string): Promise<DeviceKey[]> {
    return this.keys
      .createQueryBuilder('key')
      .where({ kind: 'hmac', sealedWith: Not(this.sealing.current) })
      .andWhere('key.id > :after', { after })
      .orderBy('key.id')
      .limit(AT_ONCE)
      .getMany();
  }

  private async reseal(row: DeviceKey): Promise<boolean> {
    try {
      const { bytes, with: sealedWith } = this.sealing.seal(this.sealing.open(sealedOf(row), placeOf(row)), placeOf(row));
      await this.keys.update({ id: row.id }, { sealedKey: bytes, sealedWith });
      return true;
    } catch (error) {
      if (error instanceof BrokenSeal) return false;
      throw error;
    }
  }
}
