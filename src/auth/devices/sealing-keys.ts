import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { ConfigError } from '../../config/config-error.js';
import { keptSecret } from '../secrets.js';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** NIST SP 800-38D section 8.2.2: random nonces of 96 bits; devices are far fewer than the 2^32 that one key is good for. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_FILE = 'device-key';

/** A secret that only the owner of a sealing key can read, and only in the place that it was sealed for. */
export interface Sealed {
  /** Nonce, ciphertext and tag. */
  readonly bytes: Buffer;
  /** Id of the sealing key. */
  readonly with: string;
}

/** What was sealed cannot be opened: with another key, for another place, or changed since. */
export class BrokenSeal extends Error {
  override readonly name = 'BrokenSeal';
}

/**
 * Seals secrets for the database with AES-256-GCM (NIST SP 800-38D). The key is WAYBILL_DEVICE_KEY, else one that the first start makes in the data
 * directory. WAYBILL_DEVICE_KEY_PREVIOUS opens what it sealed, and seals nothing. Throws `ConfigError` where the file cannot be used.
 */
@Injectable()
export class SealingKeys {
  /** Id of the key that seals. */
  readonly current: string;
  private readonly keys = new Map<string, Buffer>();

  constructor(config: Config) {
    const { sealingKey, previousSealingKey } = config.devices;
    const text =
      sealingKey ??
      keptSecret(config.server.dataDir, KEY_FILE, {
        option: 'WAYBILL_DEVICE_KEY',
        least: KEY_BYTES,
        make: () => randomBytes(KEY_BYTES).toString('base64url'),
      }).value;
    if (previousSealingKey !== undefined) this.add(previousSealingKey);
    this.current = this.add(text);
  }

  /** Ids of all keys that open. */
  get ids(): readonly string[] {
    return [...this.keys.keys()];
  }

  /** `place` is bound to the secret: it opens nowhere else. */
  seal(secret: Buffer, place: string): Sealed {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.keyOf(this.current), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place));
    return { bytes: Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]), with: this.current };
  }

  /** Throws `BrokenSeal`. */
  open(sealed: Sealed, place: string): Buffer {
    const key = this.keyOf(sealed.with);
    try {
      const decipher = createDecipheriv(ALGORITHM, key, sealed.bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(sealed.bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(sealed.bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch {
      throw new BrokenSeal('it was changed, or it was sealed for another place');
    }
  }

  private add(text: string): string {
    const key = Buffer.from(text, 'base64url');
    // Options were checked when they were read; a file may have been edited.
    if (key.length !== KEY_BYTES) {
      throw new ConfigError([
        `${KEY_FILE} in the data directory: is not 32 bytes in base64url. Restore it from a backup, or set WAYBILL_DEVICE_KEY; without it devices with shared keys must be registered anew.`,
      ]);
    }
    const id = hash('sha256', Buffer.concat([Buffer.from('waybill device sealing key id\n'), key]), 'hex').slice(0, 16);
    this.keys.set(id, key);
    return id;
  }

  private keyOf(id: string): Buffer {
    const key = this.keys.get(id);
    if (key === undefined) throw new BrokenSeal(`it was sealed with the key ${id}, which this node does not have (WAYBILL_DEVICE_KEY)`);
    return key;
  }
}
