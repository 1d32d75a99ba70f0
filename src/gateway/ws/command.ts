import type { Principal } from '../../auth/principal.js';
import type { ClientFrame } from '../../protocol/envelope.js';
import type { ErrorCode } from '../../protocol/error-codes.js';
import type { Observation } from '../../telemetry/telemetry.js';
import type { Action } from './action.js';
import type { CommandContext } from './command-context.js';
import type { Connection } from './connection.js';
import { namedNamespace } from './named-topic.js';

/** One frame on its way through its handler to its reply. The commands of a connection form a list in arrival order. */
export class Command implements CommandContext {
  next: Command | undefined;
  state: 'held' | 'running' | 'settled' = 'held';
  /** The reply's frame, once settled; undefined where there is none to send. */
  reply: Buffer | undefined;
  private observation: Observation | undefined;
  private controller: AbortController | undefined;
  private abortReason: Error | undefined;
  private work: (() => void)[] | undefined;

  constructor(
    readonly connection: Connection,
    readonly frame: ClientFrame,
    readonly action: Action,
  ) {}

  get principal(): Principal {
    return this.connection.principal;
  }

  get trace(): string | undefined {
    return this.observation?.traceparent;
  }

  get traceId(): string | undefined {
    return this.observation?.traceId;
  }

  /** Made when a handler first asks for it: most never do. */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.abortReason !== undefined) this.controller.abort(this.abortReason);
    }
    return this.controller.signal;
  }

  afterReply(work: () => void): void {
    (this.work ??= []).push(work);
  }

  /** What was to run after the reply; at most once. */
  takeWork(): readonly (() => void)[] {
    const work = this.work ?? [];
    this.work = undefined;
    return work;
  }

  observe(): Observation {
    const { action, connection, frame } = this;
    this.observation = connection.services.telemetry.command({
      action: action.name,
      // Asked for only where it is traced.
      get namespace() {
        return namedNamespace(frame.data);
      },
      connection: connection.facts,
      msgId: frame.msgId,
      trace: frame.trace,
    });
    return this.observation;
  }

  settle(reply: Buffer | undefined, code: ErrorCode, message: string | undefined): void {
    this.state = 'settled';
    this.reply = reply;
    this.observation?.end(code, message === undefined ? undefined : { message });
  }

  abort(reason: Error): void {
    this.abortReason ??= reason;
    this.controller?.abort(reason);
  }
}
