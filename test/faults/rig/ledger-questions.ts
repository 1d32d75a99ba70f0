import { setTimeout as delay } from 'node:timers/promises';
import type { ExplainRecord, SaidRecipient, UnansweredRecord, WaybillRecord } from '../checker/ledger-record.js';
import { CREDENTIALS } from './credentials.js';
import type { Journal } from './journal.js';
import type { Pair } from './ledger-samples.js';

const ANSWER_MS = 20_000;
const PAGE = 200;
/** Questions under way at once: they are to find mistakes, not to be a load. */
const AT_ONCE = 4;
/** Codes that say: not now; they are asked again, as are answers that lack a node. */
const LATER = new Set(['RATE_LIMITED', 'UNAVAILABLE', 'LIMIT_EXCEEDED']);
const PAUSE_MS = 200;
const TRIES = 25;

interface Body {
  readonly code: string;
  readonly data?: unknown;
}

interface ToldRecipient {
  readonly user: string;
  readonly connection_id?: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly written_between?: unknown;
}

/** Asks gateways in turn about messages and users by their operators' doors, and logs what they say. */
export class LedgerQuestions {
  private asked = 0;

  constructor(
    private readonly urls: readonly string[],
    private readonly journal: Journal,
  ) {}

  async askAll(pairs: readonly Pair[]): Promise<void> {
    const left = [...pairs];
    const worker = async (): Promise<void> => {
      for (let pair = left.pop(); pair !== undefined; pair = left.pop()) {
        await this.explain(pair);
        await this.waybill(pair);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  private async explain(pair: Pair): Promise<void> {
    const at = this.journal.now();
    const { user, topic, epoch, seq } = pair;
    const body = await this.get(
      `${this.nextUrl()}/api/v1/ops/explain?${new URLSearchParams({ user, topic, epoch, seq: String(seq) }).toString()}`,
    );
    if (body.code !== 'OK') return this.journal.add(unanswered(pair, at, 'explain', body.code));
    const { outcome, answer } = body.data as { readonly outcome: string; readonly answer: string };
    this.journal.add({ kind: 'explain', at, ...pair, outcome, answer } satisfies ExplainRecord);
  }

  private async waybill(pair: Pair): Promise<void> {
    const at = this.journal.now();
    const path = `/api/v1/ops/topics/${encodeURIComponent(pair.topic)}/messages/${pair.seq}/waybill`;
    const recipients: SaidRecipient[] = [];
    const url = this.nextUrl();
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ epoch: pair.epoch, limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) });
      const body = await this.get(`${url}${path}?${query.toString()}`);
      if (body.code !== 'OK') return this.journal.add(unanswered(pair, at, 'waybill', body.code));
      const page = body.data as { readonly recipients: readonly ToldRecipient[]; readonly next?: string };
      recipients.push(...page.recipients.filter(({ user }) => user === pair.user).map(said));
      cursor = page.next;
    } while (cursor !== undefined);
    this.journal.add({ kind: 'waybill', at, ...pair, recipients } satisfies WaybillRecord);
  }

  private nextUrl(): string {
    this.asked += 1;
    return this.urls[this.asked % this.urls.length] as string;
  }

  private async get(url: string): Promise<Body> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await fetch(url, {
        headers: { authorization: `Bearer ${CREDENTIALS.WAYBILL_API_KEY}` },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const body = (await answer.json()) as Body;
      if ((!LATER.has(body.code) && !isPartial(body.data)) || attempt === TRIES) return body;
      await delay(PAUSE_MS);
    }
  }
}

/** A node that was asked did not answer in time: the answer names it, and says less than is known. */
function isPartial(data: unknown): boolean {
  const { missing } = (data ?? {}) as { readonly missing?: readonly unknown[] };
  return missing !== undefined && missing.length > 0;
}

function said({ connection_id: connection, outcome, reason, written_between: between }: ToldRecipient): SaidRecipient {
  const writtenBetween = spanOf(between);
  return {
    outcome,
    ...(connection === undefined ? {} : { connection }),
    ...(reason === undefined ? {} : { reason }),
    ...(writtenBetween === undefined ? {} : { writtenBetween }),
  };
}

/** Two times, as a list or by name. */
function spanOf(between: unknown): readonly [number, number] | undefined {
  if (typeof between !== 'object' || between === null) return undefined;
  const { 0: first, 1: second, from = first, to = second } = between as Readonly<Record<string, unknown>>;
  return typeof from === 'number' && typeof to === 'number' ? [from, to] : undefined;
}

function unanswered(pair: Pair, at: number, question: 'explain' | 'waybill', code: string): UnansweredRecord {
  return { kind: 'unanswered', at, ...pair, question, code };
}
