import type { ConnectionRecord } from './connection-record.js';
import type { FoundReceipt, MessagePlace, NodeRun, StoredMessage } from './ledger-reader.js';
import type { Fetch } from './ledger.js';
import type { Mark, Receipt } from './receipt.js';
import type { RefusalRecord } from './refusal-record.js';

interface ReceiptRow {
  readonly receipt: Receipt;
  readonly run: number;
  /** Nothing of it waited when it was recorded: how far it came is its topic's position. */
  readonly follows: boolean;
}

export interface RecordedPosition {
  readonly run: number;
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
  /** When it was taken, milliseconds since the epoch. */
  readonly at: number;
  readonly marks: readonly Mark[];
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** What the ledgers in memory of several nodes have recorded: the tables of the real one, as plain lists. */
export class MemoryLedgerStore {
  readonly runs: Mutable<NodeRun>[] = [];
  readonly fetches: Fetch[] = [];
  readonly connections = new Map<string, ConnectionRecord>();
  readonly refusals: { readonly user: string; readonly run: number; readonly refusal: RefusalRecord }[] = [];
  readonly erasures = new Map<string, number>();
  readonly messages: StoredMessage[] = [];
  private readonly rows = new Map<string, ReceiptRow>();
  private readonly positions = new Map<string, RecordedPosition>();

  begin(node: string, at: number): number {
    const run = this.runs.length + 1;
    this.runs.push({ run, node, startedAt: at, recordedTo: at, endedAt: undefined, lostAt: undefined, gaps: [], kept: {} });
    return run;
  }

  runOf(run: number): Mutable<NodeRun> {
    return this.runs[run - 1] as NodeRun;
  }

  record(run: number, receipt: Receipt, follows: boolean): void {
    this.rows.set(`${run}/${receipt.no}`, { receipt, run, follows });
  }

  move(position: RecordedPosition): void {
    this.positions.set(keyOf(position.run, position), position);
  }

  position(run: number, place: { readonly topic: string; readonly epoch: string }): RecordedPosition | undefined {
    return this.positions.get(keyOf(run, place));
  }

  positionsOf({ topic, epoch }: MessagePlace): readonly RecordedPosition[] {
    return [...this.positions.values()].filter((position) => position.topic === topic && position.epoch === epoch);
  }

  /** A run is gone without an end: what it had open ends where its topics stand now. */
  lose(run: number, at: number): void {
    this.runOf(run).lostAt = at;
    for (const [key, row] of this.rows) {
      if (row.run !== run || row.receipt.closedAt !== undefined) continue;
      const head = this.headOf(row.receipt);
      if (head !== undefined)
        this.rows.set(key, { ...row, receipt: { ...row.receipt, head: Math.max(head, row.receipt.after), closedAt: at } });
    }
  }

  /** As the rows say, for a node that has nothing of them in memory. */
  found(own: number): readonly FoundReceipt[] {
    return [...this.rows.values()].map((row) => this.foundOf(row, own));
  }

  private foundOf({ receipt, run, follows }: ReceiptRow, own: number): FoundReceipt {
    const { node, endedAt, lostAt } = this.runOf(run);
    if (receipt.closedAt !== undefined && receipt.closedAt !== lostAt) return { receipt, node, run, state: { kind: 'closed' } };
    const position = this.position(run, receipt);
    const reached = position !== undefined && receipt.openedAt < position.at ? Math.max(receipt.after, position.seq) : receipt.after;
    const recorded = follows ? reached : receipt.written;
    const gone = run === own || endedAt !== undefined || lostAt !== undefined;
    const known = follows ? { ...receipt, offered: recorded, handed: recorded, written: recorded } : receipt;
    const head = receipt.closedAt === undefined ? Math.max(known.offered, receipt.after) : receipt.head;
    return { receipt: { ...known, head }, node, run, state: { kind: gone ? 'lost' : 'remote', recorded } };
  }

  private headOf({ topic, epoch }: Receipt): number | undefined {
    const own = this.messages.filter((message) => message.topic === topic && message.storedAt !== undefined);
    const last = own.at(-1);
    return last?.epoch === epoch ? Math.max(...own.filter((message) => message.epoch === epoch).map(({ seq }) => seq)) : undefined;
  }
}

function keyOf(run: number, { topic, epoch }: { readonly topic: string; readonly epoch: string }): string {
  return JSON.stringify([run, topic, epoch]);
}
