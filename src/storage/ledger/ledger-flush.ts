import type { Database, Send, Statement } from '../database.js';
import { QueryFailure } from '../query-failure.js';
import type { NodePosition } from './checkpoint.js';
import type { Entry, EntryKind, EntryOf } from './entry.js';
import { LedgerRun, RunForgotten } from './ledger-run.js';
import { receiptsStatement } from './receipt-statement.js';
import { connectionsStatement, fetchesStatement, positionsStatement, refusalsStatement } from './record-statements.js';
import { StreamIds, type StreamName } from './stream-ids.js';

/** Rows of one statement. */
const PIECE = 1_000;

/** What the server refuses to store, whoever asks: data, integrity. PostgreSQL, appendix A. */
const UNSTORABLE = /^2[23]/;

/** A database whose default is otherwise would forget in a crash what was said to be recorded. */
const DURABLE = `select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'`;

/** What is recorded by one transaction. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly positions: readonly NodePosition[];
  /** Everything until then is part of it; undefined: this is no checkpoint. Milliseconds since the epoch. */
  readonly recordedTo: number | undefined;
}

/** Records batches, each whole or not at all. */
export class LedgerFlush {
  private readonly streams: StreamIds;

  /** @param onUnstorable called for an entry that the database will never take. */
  constructor(
    private readonly database: Database,
    private readonly run: LedgerRun,
    private readonly gaps: () => readonly number[],
    private readonly onUnstorable: (entry: Entry, failure: QueryFailure) => void,
  ) {
    this.streams = new StreamIds(database);
  }

  /** Rejects with `QueryFailure`, having recorded nothing, or with `RunForgotten`. */
  async write(batch: Batch): Promise<void> {
    try {
      await this.transaction(batch);
    } catch (failure) {
      if (failure instanceof RunForgotten) this.streams.clear();
      if (!isUnstorable(failure) || batch.entries.length === 0) throw failure;
      await this.writeApart(batch.entries, failure);
      await this.transaction({ ...batch, entries: [] });
    }
  }

  /** Finds the entry that the database refuses, by halves; its neighbours are recorded. */
  private async writeApart(entries: readonly Entry[], failure: QueryFailure): Promise<void> {
    const [first] = entries;
    if (first === undefined) return;
    if (entries.length === 1) return this.onUnstorable(first, failure);
    const middle = Math.ceil(entries.length / 2);
    for (const half of [entries.slice(0, middle), entries.slice(middle)]) {
      try {
        await this.transaction({ entries: half, positions: [], recordedTo: undefined });
      } catch (error) {
        if (!isUnstorable(error)) throw error;
        await this.writeApart(half, error);
      }
    }
  }

  private async transaction({ entries, positions, recordedTo }: Batch): Promise<void> {
    const run = await this.run.ensure();
    const idOf = await this.streams.resolve(streamsOf(entries, positions));
    await this.database.transaction('ledger', async (send) => {
      await send({ text: DURABLE });
      await inPieces(send, of(entries, 'closed'), (piece) => receiptsStatement(run, piece, idOf));
      await inPieces(send, of(entries, 'open'), (piece) => receiptsStatement(run, piece, idOf));
      await inPieces(send, of(entries, 'fetch'), (piece) => fetchesStatement(run, piece, idOf));
      await inPieces(send, of(entries, 'connection'), (piece) => connectionsStatement(run, piece));
      await inPieces(send, of(entries, 'refusal'), (piece) => refusalsStatement(run, piece));
      // In one order everywhere, as all that several nodes might change.
      await inPieces(send, positions, (piece) => positionsStatement(run, piece, idOf));
      if (recordedTo !== undefined) await this.run.seen(send, run, recordedTo, this.gaps());
    });
  }
}

async function inPieces<T>(send: Send, all: readonly T[], statement: (piece: readonly T[]) => Statement): Promise<void> {
  for (let first = 0; first < all.length; first += PIECE) await send(statement(all.slice(first, first + PIECE)));
}

/** Of a receipt that was told twice, the last word counts: a statement cannot touch a row twice. */
function of<Kind extends EntryKind>(entries: readonly Entry[], kind: Kind): readonly EntryOf<Kind>[] {
  const found = entries.filter((entry): entry is EntryOf<Kind> => entry.kind === kind);
  if (kind !== 'open') return found;
  return [...new Map(found.map((entry) => [(entry as EntryOf<'open'>).receipt.no, entry])).values()];
}

function* streamsOf(entries: readonly Entry[], positions: readonly NodePosition[]): Iterable<StreamName> {
  for (const entry of entries) {
    if (entry.kind === 'closed' || entry.kind === 'open') yield entry.receipt;
    else if (entry.kind === 'fetch') yield entry.fetch;
  }
  yield* positions;
}

function isUnstorable(failure: unknown): failure is QueryFailure {
  return failure instanceof QueryFailure && failure.kind === 'rejected' && UNSTORABLE.test(failure.sqlState ?? '');
}
