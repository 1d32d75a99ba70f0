import type { Dialect, DialectOptions, Upgrade } from './dialect.ts';
import { numberedPayload } from './number-reader.ts';

/** Nest's `WsAdapter`: an event's name and its data in each message. Every connection is sent what is published, as it is broadcast to all. */
export class NestDialect implements Dialect {
  readonly isBinary = false;
  readonly shortestDelivery: number;
  readonly streamedBytes = undefined;
  readonly #payloadBytes: number;

  constructor({ payloadBytes }: DialectOptions) {
    this.#payloadBytes = payloadBytes;
    this.shortestDelivery = payloadBytes;
  }

  upgrade(): Upgrade {
    return { path: '/', headers: {} };
  }

  steps(): readonly [] {
    return [];
  }

  publish(number: number): string {
    return `{"event":"publish","data":${numberedPayload(number, this.#payloadBytes)}}`;
  }

  answer(): undefined {}
}
