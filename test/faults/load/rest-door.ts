import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, type Door, type Publish, answerOf, unknown } from './door.js';

/** An answer that does not come is none. */
const ANSWER_MS = 20_000;
/** After a request that failed, none is made for this long. */
const AWAY_MS = 100;

interface Item {
  readonly publish: Publish;
  readonly resolve: (answer: Answer) => void;
}

interface Body {
  readonly code: string;
  readonly retry_after_ms?: number;
  readonly data?: { readonly epoch: string; readonly seq: number; readonly duplicate?: true; readonly items?: readonly ItemBody[] };
}

interface ItemBody {
  readonly code: string;
  readonly retry_after_ms?: number;
  readonly epoch: string;
  readonly seq: number;
  readonly duplicate?: true;
}

/** Publishes by REST, one request at a time: several messages go as a batch. */
export class RestDoor implements Door {
  private queue: Item[] = [];
  private sending: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly token: string,
    readonly inFlight: number,
  ) {}

  /** Nothing waits here: what is handed over goes at once, so that an answer's time is the gateway's own. */
  async ready(): Promise<void> {
    await this.sending;
  }

  publish(publish: Publish): Promise<Answer> {
    return new Promise((resolve) => {
      this.queue.push({ publish, resolve });
      this.sending ??= this.send().finally(() => (this.sending = undefined));
    });
  }

  close(): void {
    return;
  }

  private async send(): Promise<void> {
    // What is published in this turn goes together.
    await Promise.resolve();
    const items = this.queue;
    this.queue = [];
    try {
      const answers = await this.request(items.map(({ publish }) => publish));
      items.forEach(({ resolve }, index) => resolve(answers[index] ?? unknown('the answer has no such item')));
    } catch (error) {
      for (const { resolve } of items) resolve(unknown(`the request failed: ${String((error as Error).cause ?? error)}`));
      await delay(AWAY_MS);
    }
  }

  private async request(publishes: readonly Publish[]): Promise<readonly Answer[]> {
    const [first] = publishes;
    if (publishes.length === 1 && first !== undefined) {
      const path = `/api/v1/topics/${first.topic}/messages`;
      const body = await this.post(path, `{"action":"load","data":${first.payload}}`, { 'idempotency-key': first.msgId });
      return [answerOf(body.code, body.data, body)];
    }
    const messages = publishes.map(
      ({ topic, msgId, payload }) => `{"topic":"${topic}","action":"load","msg_id":${JSON.stringify(msgId)},"data":${payload}}`,
    );
    const body = await this.post('/api/v1/messages', `{"messages":[${messages.join(',')}]}`, {});
    const items = body.data?.items;
    return publishes.map((_publish, index) => {
      const item = items?.[index];
      return item === undefined ? answerOf(body.code, undefined, body) : answerOf(item.code, item, item);
    });
  }

  private async post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Body> {
    const answer = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return (await answer.json()) as Body;
  }
}
