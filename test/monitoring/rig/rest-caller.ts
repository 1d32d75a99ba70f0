import { setTimeout as delay } from 'node:timers/promises';
import { CREDENTIALS } from '../../faults/rig/credentials.js';

const ANSWER_MS = 20_000;
/** On a machine that is busy with other tests the database may be slow to answer; callers are asked to come again. */
const PATIENCE_MS = 20_000;
const AGAIN_MS = 500;
const COME_AGAIN = new Set(['UNAVAILABLE', 'RATE_LIMITED']);

/** An answer of the gateway's REST. */
export interface RestResult {
  readonly status: number;
  readonly body: { readonly code: string; readonly message?: string; readonly trace_id?: string; readonly data?: unknown };
}

/** Calls of a gateway's REST, with the API key of the tests where no other credential is named. */
export class RestCaller {
  constructor(readonly port: number) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves whatever the status is; `credential`: value of `Authorization`, '' for none. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
    credential = `Bearer ${CREDENTIALS.WAYBILL_API_KEY}`,
  ): Promise<RestResult> {
    const answer = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: {
        ...(credential === '' ? {} : { authorization: credential }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: answer.status, body: (await answer.json()) as RestResult['body'] };
  }

  /** The data of a call that must succeed, if not at once then soon. */
  async data(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<unknown> {
    for (const deadline = Date.now() + PATIENCE_MS; ; await delay(AGAIN_MS)) {
      const { status, body: answer } = await this.call(method, path, body, headers);
      if (status < 300) return answer.data;
      if (!COME_AGAIN.has(answer.code) || Date.now() > deadline) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    }
  }
}
