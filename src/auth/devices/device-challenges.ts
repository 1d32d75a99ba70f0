import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Secrets } from '../secrets.js';
import { PROOF_VERSION } from './device-proof.js';

/** Where a challenge is given and answered, and what the answer is good for. */
export interface ChallengePlace {
  /** Id of a socket, or `rest`. */
  readonly connection: string;
  readonly purpose: 'token' | 'socket';
}

/** A challenge, as the device is told it. */
export interface DeviceChallenge extends ChallengePlace {
  readonly version: string;
  readonly server: string;
  readonly nonce: string;
  /** Milliseconds since the epoch. */
  readonly expires_at: number;
}

export type NonceVerdict = 'good' | 'foreign' | 'expired';

export const BY_REST: ChallengePlace = { connection: 'rest', purpose: 'token' };

const LABEL = 'waybill-device-challenge';
const TIME_BYTES = 6;
const RANDOM_BYTES = 16;
const MAC_BYTES = 32;
const NONCE = /^[A-Za-z0-9_-]{72}$/;

/**
 * Gives challenges and knows its own again. A nonce carries its time, 16 random bytes and a MAC over them, the device and the place, so nothing is
 * kept of a challenge that nobody answers: not for devices that do not exist, and not for a hundred thousand of them. Nodes with the same
 * WAYBILL_JWT_SECRET know one another's. That a nonce is used once is the matter of `SpentNonces`.
 */
@Injectable()
export class DeviceChallenges {
  private readonly key: Buffer;
  private readonly server: string;
  private readonly lifeMs: number;

  constructor(config: Config, secrets: Secrets) {
    this.key = Buffer.from(hkdfSync('sha256', secrets.jwtSecret, '', LABEL, MAC_BYTES));
    this.server = config.devices.serverName;
    this.lifeMs = config.devices.challengeSeconds * 1_000;
  }

  /** A challenge for whoever says to be this device. */
  give(device: string, place: ChallengePlace): DeviceChallenge {
    const now = Date.now();
    const head = Buffer.alloc(TIME_BYTES + RANDOM_BYTES);
    head.writeUIntBE(now, 0, TIME_BYTES);
    randomBytes(RANDOM_BYTES).copy(head, TIME_BYTES);
    const nonce = Buffer.concat([head, this.macOf(head, device, place)]).toString('base64url');
    const { connection, purpose } = place;
    return { version: PROOF_VERSION, server: this.server, connection, purpose, nonce, expires_at: now + this.lifeMs };
  }

  /** Whether a nonce was given here to this device, for this place, not too long ago. */
  judge(nonce: string, device: string, place: ChallengePlace): NonceVerdict {
    if (!NONCE.test(nonce)) return 'foreign';
    const bytes = Buffer.from(nonce, 'base64url');
    const head = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
    if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), this.macOf(head, device, place))) return 'foreign';
    return Date.now() > this.expiryOf(nonce) ? 'expired' : 'good';
  }

  /** Until when a nonce of ours may be answered, milliseconds since the epoch. */
  expiryOf(nonce: string): number {
    return Buffer.from(nonce, 'base64url').readUIntBE(0, TIME_BYTES) + this.lifeMs;
  }

  private macOf(head: Buffer, device: string, { connection, purpose }: ChallengePlace): Buffer {
    const text = [LABEL, PROOF_VERSION, this.server, device, connection, purpose, head.toString('base64url')].join('\n');
    return createHmac('sha256', this.key).update(text).digest();
  }
}
