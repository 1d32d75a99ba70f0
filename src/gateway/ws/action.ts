import type { Cost } from '../limits/cost.js';
import type { CommandContext } from './command-context.js';
import type { Connection } from './connection.js';

export type ActionHandler = (connection: Connection, data: unknown, context: CommandContext) => unknown;

export const AUTH_ACTION = 'auth';
/** Asks for what a device answers with `auth`. */
export const CHALLENGE_ACTION = 'auth.challenge';

/** Whether an action may come before authentication. */
export function mayComeFirst(action: string): boolean {
  return action === AUTH_ACTION || action === CHALLENGE_ACTION;
}

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
