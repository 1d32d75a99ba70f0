import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DeviceWithdrawals, type Withdrawal } from '../auth/devices/device-withdrawals.js';
import type { Principal } from '../auth/principal.js';
import type { CloseName } from '../protocol/close-codes.js';
import { EventStreams } from './http/event-streams.js';
import { ConnectionRegistry } from './ws/registry.js';

/** Ends the sockets and event streams of devices whose tokens are worth nothing any more. */
@Injectable()
export class DeviceEnds implements OnModuleInit {
  constructor(
    private readonly withdrawals: DeviceWithdrawals,
    private readonly registry: ConnectionRegistry,
    private readonly streams: EventStreams,
  ) {}

  onModuleInit(): void {
    this.withdrawals.onWithdrawn((withdrawals) => this.end(withdrawals));
  }

  private end(withdrawals: ReadonlyMap<string, Withdrawal>): void {
    const closeOf = ({ device }: Principal): CloseName | undefined => {
      const withdrawal = device === undefined ? undefined : withdrawals.get(device.tenure);
      if (withdrawal === undefined) return undefined;
      // One that lost a key comes back with its other one.
      return withdrawal.reason === 'key' ? 'TOKEN_EXPIRED' : 'FORBIDDEN';
    };
    for (const connection of this.registry.all()) {
      const close = connection.isAuthenticated ? closeOf(connection.principal) : undefined;
      if (close !== undefined) connection.close(close);
    }
    this.streams.endWhere(closeOf);
  }
}
