import { textArray } from '../array-parameter.js';
import type { Database } from '../database.js';

const MOST = 50_000;
/** A stream that is not looked up for a day may be removed; what is remembered is younger. */
const REMEMBERED_MS = 3_600_000;
const PIECE = 1_000;

/** In one order everywhere, so that two nodes cannot wait for one another. */
const ENSURE = `
insert into waybill.ledger_stream as s (topic, epoch)
  select w.topic, w.epoch from unnest($1::text[], $2::text[]) as w (topic, epoch) order by 1, 2
  on conflict (topic, epoch) do update set used_at = waybill.clock_ms()
  returning s.topic, s.epoch, s.id`;

export interface StreamName {
  readonly topic: string;
  readonly epoch: string;
}

/** Numbers of topics and epochs, by which the ledger's tables name them. */
export class StreamIds {
  private readonly known = new Map<string, { readonly id: number; readonly at: number }>();

  constructor(private readonly database: Database) {}

  /** Numbers of these, made where there are none. Rejects with `QueryFailure`. */
  async resolve(streams: Iterable<StreamName>): Promise<(stream: StreamName) => number> {
    const ids = new Map<string, number>();
    const missing = new Map<string, StreamName>();
    const oldest = performance.now() - REMEMBERED_MS;
    for (const stream of streams) {
      const key = keyOf(stream);
      const known = this.known.get(key);
      if (known !== undefined && known.at > oldest) ids.set(key, known.id);
      else if (!ids.has(key)) missing.set(key, stream);
    }
    const names = [...missing.values()];
    for (let first = 0; first < names.length; first += PIECE) await this.ensure(names.slice(first, first + PIECE), ids);
    return (stream) => ids.get(keyOf(stream)) as number;
  }

  clear(): void {
    this.known.clear();
  }

  private async ensure(names: readonly StreamName[], ids: Map<string, number>): Promise<void> {
    const rows = await this.database.query('ledger', {
      text: ENSURE,
      values: [textArray(names.map(({ topic }) => topic)), textArray(names.map(({ epoch }) => epoch))],
    });
    const at = performance.now();
    for (const [topic, epoch, id] of rows as readonly (readonly [string, string, string])[]) {
      const key = keyOf({ topic, epoch });
      ids.set(key, Number(id));
      this.known.delete(key);
      this.known.set(key, { id: Number(id), at });
    }
    // A map keeps the order of insertion: the oldest go.
    for (const key of this.known.keys()) {
      if (this.known.size <= MOST) break;
      this.known.delete(key);
    }
  }
}

function keyOf({ topic, epoch }: StreamName): string {
  return `${topic} ${epoch}`;
}
