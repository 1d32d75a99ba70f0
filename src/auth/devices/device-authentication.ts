import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import type { DeviceAnswer } from '../authenticator.js';
import { type MintedToken, TokenIssuer } from '../token-issuer.js';
import type { Device } from './device.entity.js';
import { BY_REST, type ChallengePlace, DeviceChallenges, type NonceVerdict } from './device-challenges.js';
import { DeviceDirectory, type KnownDevice } from './device-directory.js';
import { isProof, nobodysKeys, provableBytes } from './device-proof.js';
import { SpentNonces } from './spent-nonces.js';

/** What a device may be called; nothing in it can end a line. */
export const DEVICE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** Keys of one device that may be valid at once: today's, and the one it replaces. */
export const MOST_KEYS = 2;

/** Which key a proof was made with. */
export type DeviceKeyVersion = 'current' | 'previous';

const BASE64URL = /^[A-Za-z0-9_-]{1,512}$/;
const RETRY_AFTER_MS = 1_000;
const WHY_NOT: Readonly<Record<Exclude<NonceVerdict, 'good'>, string>> = {
  foreign: 'its nonce was not given to this device in this place',
  expired: 'its nonce is too old (WAYBILL_DEVICE_CHALLENGE_S)',
};

/** Stand for the keys of devices that do not exist, and of the other kind: every answer costs the same work. */
const NOBODYS = nobodysKeys();

/**
 * Turns the answer of a device into a token. Whatever is wrong with an answer, the refusal is the same, and comes after the same work: whoever asks
 * learns neither which devices there are nor which are disabled. The log tells operators why.
 */
@Injectable()
export class DeviceAuthentication {
  private readonly logger = new Logger('Devices');
  private underWay = 0;

  constructor(
    private readonly config: Config,
    private readonly challenges: DeviceChallenges,
    private readonly directory: DeviceDirectory,
    private readonly spent: SpentNonces,
    private readonly issuer: TokenIssuer,
    private readonly telemetry: Telemetry,
  ) {}

  /** Rejects with `UNAUTHENTICATED`, or `UNAVAILABLE` where it cannot know. */
  async answer(answer: DeviceAnswer): Promise<MintedToken> {
    if (this.underWay >= this.config.devices.answersInFlight) throw this.overloaded();
    this.underWay += 1;
    try {
      return await this.judge(answer);
    } catch (error) {
      if (error instanceof Refusal) this.telemetry.deviceAnswered('none', error.code);
      throw error;
    } finally {
      this.underWay -= 1;
    }
  }

  private async judge(answer: DeviceAnswer): Promise<MintedToken> {
    const { device: id, nonce } = answer;
    if (!DEVICE_ID.test(id) || !BASE64URL.test(answer.proof)) throw this.refuse('its id or its proof is not well-formed');
    const place = placeOf(answer);
    const verdict = this.challenges.judge(nonce, id, place);
    if (verdict !== 'good') throw this.refuse(WHY_NOT[verdict], { device: id });
    const known = await this.directory.find(id);
    const version = this.provenBy(known, answer, place);
    if (known === undefined) throw this.refuse('there is no such device', { device: id });
    if (version === undefined) throw this.refuse('no valid key of the device made its proof', known.device);
    if (known.device.disabledAt !== null) throw this.refuse('it is disabled', known.device);
    if (!(await this.spent.spend(nonce, this.challenges.expiryOf(nonce)))) throw this.refuse('its nonce was used before', known.device);
    const minted = await this.mint(known.device);
    this.directory.noteSeen(known.device);
    this.telemetry.deviceAnswered(version, 'OK');
    return minted;
  }

  /** Both kinds for each place of a key, needed or not. */
  private provenBy(known: KnownDevice | undefined, answer: DeviceAnswer, place: ChallengePlace): DeviceKeyVersion | undefined {
    const { device, nonce } = answer;
    const bytes = provableBytes({ server: this.config.devices.serverName, device, nonce, ...place });
    const proof = Buffer.from(answer.proof, 'base64url');
    const matches = Array.from({ length: MOST_KEYS }, (_, index) => {
      const key = known?.keys[index];
      const isHmac = isProof(key?.kind === 'hmac' ? key : NOBODYS.hmac, bytes, proof);
      const isSignature = isProof(key?.kind === 'ed25519' ? key : NOBODYS.ed25519, bytes, proof);
      return key !== undefined && (key.kind === 'hmac' ? isHmac : isSignature);
    });
    if (matches[0] === true) return 'current';
    return matches.includes(true) ? 'previous' : undefined;
  }

  private mint({ id, tenure, user, roles, grants }: Device): Promise<MintedToken> {
    const ttlSeconds = Math.min(this.config.devices.tokenTtlSeconds, this.config.auth.tokenMaxTtlSeconds);
    return this.issuer.mint({ user, roles, grants, ttlSeconds, device: { id, tenure } });
  }

  /** A device that exists is named in the text, so that each of them has its line; others only beside it, or a flood would fill the log. */
  private refuse(why: string, device: Device | { readonly device?: string } = {}): Refusal {
    if ('tenure' in device) this.logger.warn(`The answer of the device ${device.id} was refused: ${why}.`);
    else this.logger.warn(`The answer of a device was refused: ${why}.`, device);
    return new Refusal(
      'UNAUTHENTICATED',
      'The device is not known here, or its answer is not right; ask for another challenge and sign that with the key of the device.',
    );
  }

  private overloaded(): Refusal {
    this.telemetry.deviceAnswered('none', 'UNAVAILABLE');
    return new Refusal('UNAVAILABLE', 'Too many answers of devices are being checked at once (WAYBILL_DEVICE_ANSWERS_IN_FLIGHT).', {
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
}

function placeOf({ connection }: DeviceAnswer): ChallengePlace {
  return connection === BY_REST.connection ? BY_REST : { connection, purpose: 'socket' };
}
