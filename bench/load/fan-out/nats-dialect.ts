import type { Dialect, DialectOptions, Role, Step, Upgrade } from './dialect.ts';
import { numberedPayload } from './number-reader.ts';

const SUBJECT = 'fan';
const SUBSCRIPTION = '1';
const END_OF_LINE = '\r\n';
const CONNECT = { verbose: false, pedantic: false, tls_required: false, lang: 'bench', version: '1', protocol: 1 };

/** The client protocol of NATS inside WebSocket messages: a stream, whose cuts into messages mean nothing. */
export class NatsDialect implements Dialect {
  readonly isBinary = true;
  readonly shortestDelivery = 0;
  readonly streamedBytes: number;
  readonly #payloadBytes: number;

  constructor({ payloadBytes }: DialectOptions) {
    this.#payloadBytes = payloadBytes;
    this.streamedBytes = `MSG ${SUBJECT} ${SUBSCRIPTION} ${payloadBytes}`.length + payloadBytes + 2 * END_OF_LINE.length;
  }

  upgrade(): Upgrade {
    return { path: '/', headers: {} };
  }

  steps(role: Role): readonly Step[] {
    const subscribe = role === 'subscriber' ? [`SUB ${SUBJECT} ${SUBSCRIPTION}`] : [];
    const greeting = [`CONNECT ${JSON.stringify(CONNECT)}`, ...subscribe, 'PING', ''].join(END_OF_LINE);
    return [
      { awaits: 'INFO ', says: greeting },
      { awaits: 'PONG', says: undefined },
    ];
  }

  publish(number: number): string {
    return `PUB ${SUBJECT} ${this.#payloadBytes}${END_OF_LINE}${numberedPayload(number, this.#payloadBytes)}${END_OF_LINE}`;
  }

  answer(text: string): undefined {
    if (text.includes('-ERR')) throw new Error(`NATS refused: ${text}`);
  }
}
