import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { publisherOf, withSources } from '../load/payload.js';
import type { HistoryRecord, StoredRecord } from '../checker/record.js';

/** Few enough that a page of large messages is no load of its own. */
const PAGE = 250;
const TOO_MANY = 429;

interface Page {
  readonly data: {
    readonly head: number;
    readonly messages: readonly { readonly seq: number; readonly epoch: string; readonly msg_id: string; readonly data: unknown }[];
  };
}

/** Reads topics back through the gateway's own door, as every client may. */
export class HistoryReader {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  async ends(topic: string): Promise<HistoryRecord> {
    const { data } = JSON.parse(await this.get(`/api/v1/topics/${topic}`)) as { readonly data: Omit<HistoryRecord, 'kind'> };
    return { kind: 'history', topic, epoch: data.epoch, floor: data.floor, head: data.head };
  }

  /** The whole topic; its messages follow the record of its ends. */
  async read(topic: string): Promise<readonly (HistoryRecord | StoredRecord)[]> {
    const ends = await this.ends(topic);
    const records: (HistoryRecord | StoredRecord)[] = [ends];
    let after = ends.floor;
    for (;;) {
      const { page, sources } = await this.page(topic, after);
      const { messages } = page.data;
      messages.forEach(({ seq, epoch, msg_id: msgId, data }, index) => {
        const hash = hashOfSources(sources[index]);
        records.push({ kind: 'stored', topic, epoch, seq, msgId, publisher: publisherOf(data), hash });
      });
      const last = messages.at(-1);
      if (last === undefined || last.seq >= page.data.head) return records;
      after = last.seq;
    }
  }

  private async page(topic: string, after: number): Promise<{ readonly page: Page; readonly sources: readonly unknown[] }> {
    const text = await this.get(`/api/v1/topics/${topic}/messages?after=${after}&limit=${PAGE}`);
    const { data } = withSources(text) as { readonly data: { readonly messages: readonly { readonly data: unknown }[] } };
    return { page: JSON.parse(text) as Page, sources: data.messages.map((message) => message.data) };
  }

  private async get(path: string): Promise<string> {
    const answer = await fetch(`${this.url}${path}`, {
      headers: { authorization: `Bearer ${this.token}` },
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (answer.status === TOO_MANY) {
      // Whole topics are more than one user may read at once (limits.historyPerSecond).
      await setTimeout(Number(answer.headers.get('retry-after')) * 1_000);
      return this.get(path);
    }
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${text}`);
    return text;
  }
}

function hashOfSources(sources: unknown): string {
  return createHash('sha256').update(JSON.stringify(sources)).digest('base64url').slice(0, 22);
}
