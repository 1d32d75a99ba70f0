import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { DeviceChallenges } from '../../auth/devices/device-challenges.js';
import { DEVICE_ID } from '../../auth/devices/device-authentication.js';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { CHALLENGE_ACTION } from '../ws/action.js';
import { Barrier } from '../ws/barrier.js';
import type { Connection } from '../ws/connection.js';
import { requireFields, requireText } from './fields.js';

/** `auth.challenge`: what a device answers with `auth` on a socket that has no token yet, and with `auth.refresh` on one that has. */
@WebSocketGateway()
export class DeviceChallengeGateway {
  /** When the challenges of a socket that may still be answered end, milliseconds since the epoch. */
  private readonly open = new WeakMap<Connection, readonly number[]>();

  constructor(
    private readonly challenges: DeviceChallenges,
    private readonly config: Config,
  ) {}

  @Barrier()
  @SubscribeMessage(CHALLENGE_ACTION)
  challenge(connection: Connection, data: unknown): unknown {
    const device = requireText(requireFields(data)['device'], 'data.device');
    if (!DEVICE_ID.test(device)) {
      throw Refusal.badRequest('data.device', 'must be 1 to 64 characters of A-Z a-z 0-9 . _ : -, beginning with a letter or a digit');
    }
    const open = this.openOf(connection);
    const challenge = this.challenges.give(device, { connection: connection.id, purpose: 'socket' });
    this.open.set(connection, [...open, challenge.expires_at]);
    return challenge;
  }

  /** Throws `LIMIT_EXCEEDED`. */
  private openOf(connection: Connection): readonly number[] {
    const now = Date.now();
    const open = (this.open.get(connection) ?? []).filter((until) => until > now);
    const most = this.config.devices.challengesPerConnection;
    if (open.length < most) return open;
    throw new Refusal(
      'LIMIT_EXCEEDED',
      `${most} challenges of this connection may still be answered (WAYBILL_DEVICE_CHALLENGES_PER_CONNECTION); answer one, or wait until the oldest has expired.`,
      { retryAfterMs: Math.max(1, (open[0] ?? now) - now) },
    );
  }
}
