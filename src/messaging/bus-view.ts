import { Injectable } from '@nestjs/common';
import { Broker, type BusRole } from './broker.js';

/** Read-only view of this node's two ways to the bus, for monitoring. */
@Injectable()
export class BusView {
  constructor(private readonly broker: Broker) {}

  isConnected(role: BusRole): boolean {
    return this.broker.isConnected(role);
  }

  /** Why one of them does not stand, in words; undefined where nobody knows. */
  trouble(): string | undefined {
    return this.broker.trouble();
  }
}
