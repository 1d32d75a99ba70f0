import type { Dialect, DialectOptions, Role, Upgrade } from './dialect.ts';
import { numberedPayload } from './number-reader.ts';

/** A server that passes on each message of a publisher as it is; whether one subscribes or publishes is in the path. */
export class BareDialect implements Dialect {
  readonly isBinary = false;
  readonly shortestDelivery: number;
  readonly streamedBytes = undefined;
  readonly #payloadBytes: number;

  constructor({ payloadBytes }: DialectOptions) {
    this.#payloadBytes = payloadBytes;
    this.shortestDelivery = payloadBytes;
  }

  upgrade(role: Role): Upgrade {
    return { path: role === 'subscriber' ? '/subscribe' : '/publish', headers: {} };
  }

  steps(): readonly [] {
    return [];
  }

  publish(number: number): string {
    return numberedPayload(number, this.#payloadBytes);
  }

  answer(): undefined {}
}
