import type { Cost } from '../limits/cost.js';
import type { CommandContext } from './command-context.js';
import type { Connection } from './connection.js';

export type ActionHandler = (connection: Connection, data: unknown, context: CommandContext) => unknown;

/** The one action that may come before authentication. */
export const AUTH_ACTION = 'auth';

/** A declared action: its handler and how it is run. */
export interface Action {
  readonly name: string;
  /** `Class.method`, for messages to developers. */
  readonly declaredBy: string;
  readonly run: ActionHandler;
  readonly barrier: boolean;
  readonly deadline: boolean;
  /** What it takes from the limits. */
  readonly cost: Cost;
}
