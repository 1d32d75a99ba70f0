import type { LiveMessage } from '../../messaging/frame.js';
import type { QueuedOutcome, Telemetry } from '../../telemetry/telemetry.js';
import type { FlushTurn } from '../../messaging/flush-turn.js';
import type { Debtor, SendBudget } from '../send-budget.js';

/** What all writers of the node share. */
export interface OutboundSurroundings {
  readonly queueMessages: number;
  readonly queueBytes: number;
  readonly budget: SendBudget;
  readonly turn: FlushTurn;
  readonly telemetry: Pick<Telemetry, 'sent'>;
}

/** What the writer tells its connection. */
export interface OutboundOwner extends Omit<Debtor, 'overflowed'> {
  /** The socket stopped taking everything (`true`), or took all that waited (`false`). */
  slow(slow: boolean): void;
  /** What would wait is over the budget of this connection, or of the node. The owner ends the connection before it returns. */
  overflowed(budget: 'connection' | 'node'): void;
  /** Some of what waited has been handed to the kernel. */
  landed(): void;
  /** What became of live messages whose offer was answered `queued`. */
  settled(outcome: Exclude<QueuedOutcome, 'dropped'>, messages: readonly LiveMessage[]): void;
  /** The policy dropped these, which had been `queued` or are answered `dropped`. */
  dropped(messages: readonly LiveMessage[], had: 'queued' | 'offered'): void;
  /** The client is told of so many gaps in what it was too slow for. */
  gapsTold(gaps: number): void;
}
