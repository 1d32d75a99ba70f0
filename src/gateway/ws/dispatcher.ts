import type { ErrorCode } from '../../protocol/error-codes.js';
import { Refusal } from '../../protocol/refusal.js';
import { requestContext } from '../../telemetry/request-context.js';
import { mayComeFirst } from './action.js';
import type { Command } from './command.js';
import { failureOf } from './command-failure.js';
import type { Connection } from './connection.js';
import { NO_REPLY } from './handler-result.js';
import { reportRefusedCommand } from './refused-command.js';
import { refusalFrame, replyFrame } from './reply-frame.js';

/**
 * Ordered dispatch. Handlers of one connection start in arrival order and their replies leave in that order, without waiting for one
 * another: a list of commands, from the oldest whose reply is not written to the newest.
 */
export class Dispatcher {
  private oldest: Command | undefined;
  private newest: Command | undefined;
  /** First command that has not started; nothing after it has either. */
  private held: Command | undefined;
  private length = 0;
  private running = 0;
  private barrier: Command | undefined;
  private holding = false;
  private pumping = false;
  private ended = false;

  constructor(private readonly connection: Connection) {}

  /** Commands are kept and not started until `release`. */
  hold(): void {
    this.holding = true;
  }

  release(): void {
    this.holding = false;
    this.pump();
  }

  /** Takes the next command in arrival order; one that is settled already only waits for its reply's turn. */
  append(command: Command): void {
    if (this.ended) return;
    if (this.newest === undefined) this.oldest = command;
    else this.newest.next = command;
    this.newest = command;
    if (command.state === 'held') this.held ??= command;
    this.length += 1;
    if (this.length >= this.limit) this.connection.pauseReading('commands');
    this.pump();
  }

  /** The connection is ending: aborts what is under way; nothing more is started or replied. */
  end(): void {
    this.ended = true;
    const reason = new Error('the connection ended');
    for (let command = this.oldest; command !== undefined; command = command.next) command.abort(reason);
    this.oldest = this.newest = this.held = undefined;
  }

  /** Whether a handler is at work, of which the connection may not hear any more. */
  get isBusy(): boolean {
    return this.running > 0;
  }

  /** Whether a command has not been replied to yet. */
  get owesReplies(): boolean {
    return this.oldest !== undefined;
  }

  private get limit(): number {
    return this.connection.services.config.inFlightCommands;
  }

  /** Writes the replies whose turn it is and starts what may start, until neither goes on. Not nested: handlers may end at once. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    do this.writeReplies();
    while (this.startNext());
    this.pumping = false;
    if (!this.ended && this.length < this.limit) this.connection.resumeReading('commands');
  }

  private writeReplies(): void {
    while (this.oldest?.state === 'settled') {
      const command: Command = this.oldest;
      this.oldest = command.next;
      if (this.oldest === undefined) this.newest = undefined;
      this.length -= 1;
      if (command.reply !== undefined) this.connection.outbound.reply(command.reply);
      for (const work of command.takeWork()) this.runAfterReply(command, work);
    }
  }

  private runAfterReply(command: Command, work: () => void): void {
    if (this.ended) return;
    try {
      work();
    } catch (error) {
      failureOf(error, command);
    }
  }

  private startNext(): boolean {
    const command = this.held;
    if (command === undefined || this.ended || this.holding || this.barrier !== undefined || this.running >= this.limit) return false;
    this.held = command.next;
    while (this.held?.state === 'settled') this.held = this.held.next;
    this.start(command);
    return true;
  }

  private start(command: Command): void {
    const { action, connection, frame } = command;
    if (connection.state === 'authenticating' && !mayComeFirst(action.name)) {
      connection.close('NO_AUTH');
      return;
    }
    command.state = 'running';
    this.running += 1;
    if (action.barrier) this.barrier = command;
    const observation = command.observe();
    const context = { traceId: observation.traceId, connectionId: connection.id, user: connection.facts.user };
    let result: unknown;
    try {
      result = requestContext.run(context, () => observation.run(() => action.run(connection, frame.data, command)));
    } catch (error) {
      this.fail(command, error);
      return;
    }
    if (isThenable(result)) this.follow(command, result);
    else this.succeed(command, result);
  }

  private follow(command: Command, result: PromiseLike<unknown>): void {
    result.then(
      (value) => this.succeed(command, value),
      (error: unknown) => this.fail(command, error),
    );
    if (command.action.deadline) this.connection.services.deadlines.watch(command, (late) => this.expire(late));
  }

  private succeed(command: Command, value: unknown): void {
    if (command.state === 'settled') return;
    if (value === NO_REPLY) return this.settle(command, undefined, 'OK');
    let reply: Buffer;
    try {
      reply = replyFrame(command.frame.msgId, value, command.trace);
    } catch (error) {
      return this.fail(command, error);
    }
    this.settle(command, reply, 'OK');
  }

  private fail(command: Command, error: unknown): void {
    if (command.state === 'settled') return;
    const refusal = failureOf(error, command);
    reportRefusedCommand(command, refusal);
    this.settle(command, refusalFrame(command.frame.msgId, refusal, command.trace), refusal.code, refusal.message);
  }

  private expire(command: Command): void {
    const refusal = new Refusal('DEADLINE_EXCEEDED', `the handler of "${command.action.name}" took longer than its deadline`);
    command.abort(refusal);
    this.fail(command, refusal);
  }

  private settle(command: Command, reply: Buffer | undefined, code: ErrorCode, message?: string): void {
    command.settle(reply, code, message);
    this.running -= 1;
    if (this.barrier === command) this.barrier = undefined;
    this.pump();
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
