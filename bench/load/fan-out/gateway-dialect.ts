import { createHmac, randomBytes } from 'node:crypto';
import type { Dialect, DialectOptions, Role, Step, Upgrade } from './dialect.ts';
import { numberedPayload } from './number-reader.ts';

const TOPIC = 'fan.all';
const EVENT = 'bench.tick';
const LIFE_S = 3_600;
const ID_DIGITS = 8;
const SUBSCRIBE_ID = 'subscribe';

/** The gateway: each connection with a user and a token of its own. */
export class GatewayDialect implements Dialect {
  readonly isBinary = false;
  readonly shortestDelivery: number;
  readonly streamedBytes = undefined;
  readonly #options: DialectOptions;
  readonly #idPrefix = `${randomBytes(12).toString('hex')}-`;

  constructor(options: DialectOptions) {
    this.#options = options;
    this.shortestDelivery = options.payloadBytes;
  }

  upgrade(role: Role, index: number): Upgrade {
    const token = userToken(`${role}-${index}`, this.#options.secret);
    return { path: '/ws', headers: { 'Sec-WebSocket-Protocol': 'waybill.v1', Authorization: `Bearer ${token}` } };
  }

  steps(role: Role, index: number): readonly Step[] {
    if (role === 'publisher') return [{ awaits: '"action":"welcome"', says: undefined }];
    const { idleTopics } = this.#options;
    const idle = Array.from({ length: idleTopics }, (_, place) => ({ topic: `fan.idle-${index * idleTopics + place}` }));
    const subscribe = { msg_id: SUBSCRIBE_ID, action: 'topic.subscribe', data: { topics: [{ topic: TOPIC }, ...idle] } };
    return [
      { awaits: '"action":"welcome"', says: JSON.stringify(subscribe) },
      { awaits: `"reply_to":"${SUBSCRIBE_ID}"`, says: undefined },
    ];
  }

  publish(number: number): string {
    const id = this.#idPrefix + String(number).padStart(ID_DIGITS, '0');
    const payload = numberedPayload(number, this.#options.payloadBytes);
    return `{"msg_id":"${id}","action":"topic.publish","data":{"topic":"${TOPIC}","action":"${EVENT}","data":${payload}}}`;
  }

  answer(text: string): undefined {
    if (text.includes('"reply_to":') && !text.includes('"code":"OK"')) throw new Error(`the gateway refused: ${text}`);
  }
}

/** Signed here, because a subscriber's token is not what this benchmark measures. */
function userToken(user: string, secret: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1_000);
  const topics = { subscribe: ['*'], publish: ['*'] };
  const signed = `${part({ alg: 'HS256' })}.${part({ sub: user, aud: 'waybill', iat: now, exp: now + LIFE_S, topics })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
