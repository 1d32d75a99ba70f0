import { decodeFrame, msgIdOfRefusedFrame } from '../../protocol/codec.js';
import type { ClientFrame } from '../../protocol/envelope.js';
import { Refusal } from '../../protocol/refusal.js';
import { ONE_UNIT } from '../limits/cost.js';
import type { Action } from './action.js';
import { Command } from './command.js';
import { failureOf } from './command-failure.js';
import type { Connection } from './connection.js';
import { Dispatcher } from './dispatcher.js';
import { InboundLimits } from './inbound-limits.js';
import { reportRefusedCommand } from './refused-command.js';
import { refusalFrame } from './reply-frame.js';

/** Stands in for the action of a frame that names none we know: telemetry never sees what a client made up. */
const REFUSED: Action = { name: 'unknown', declaredBy: 'gateway', run: () => undefined, barrier: false, deadline: false, cost: ONE_UNIT };

/** Decodes the text frames of one connection, applies the limits, and hands commands to the dispatcher. */
export class Inbound {
  readonly dispatcher: Dispatcher;
  readonly limits: InboundLimits;

  constructor(private readonly connection: Connection) {
    this.dispatcher = new Dispatcher(connection);
    this.limits = new InboundLimits(connection);
  }

  receive(text: string): void {
    const { services } = this.connection;
    let frame: ClientFrame;
    try {
      frame = decodeFrame(text, services.config.jsonDepth);
    } catch (error) {
      this.refuseMalformed(text, error);
      return;
    }
    const action = services.actions.find(frame.action);
    if (action === undefined) this.refuseUnknown(frame);
    else this.admit(new Command(this.connection, frame, action));
  }

  private refuseMalformed(text: string, error: unknown): void {
    const msgId = msgIdOfRefusedFrame(text, this.connection.services.config.jsonDepth);
    const frame = { msgId, action: REFUSED.name, data: undefined, trace: undefined, clientTimestamp: undefined, text: '' };
    const command = new Command(this.connection, frame, REFUSED);
    this.refuse(command, failureOf(error, command));
    this.limits.strike();
  }

  private refuseUnknown(frame: ClientFrame): void {
    const refusal = new Refusal('UNKNOWN_ACTION', `action: no handler declares "${frame.action}"`, { field: 'action' });
    this.refuse(new Command(this.connection, frame, REFUSED), refusal);
    this.limits.strike();
  }

  private admit(command: Command): void {
    const refusal = this.limits.rate(command.action.cost, command.frame.data);
    if (refusal === undefined) {
      this.dispatcher.append(command);
      return;
    }
    this.refuse(command, refusal);
    this.limits.abuse(refusal.retryAfterMs);
  }

  /** Settles a command that never starts; its reply still waits for its turn. */
  private refuse(command: Command, refusal: Refusal): void {
    if (this.connection.state === 'authenticating') {
      this.connection.close('NO_AUTH');
      return;
    }
    command.observe();
    reportRefusedCommand(command, refusal);
    command.settle(refusalFrame(command.frame.msgId, refusal, command.trace), refusal.code, refusal.message);
    this.dispatcher.append(command);
  }
}
