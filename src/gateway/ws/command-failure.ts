import { Logger } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { Refusal } from '../../protocol/refusal.js';
import { refusalOf } from '../http/refusal-of.js';
import type { Command } from './command.js';

const logger = new Logger('Actions');

/**
 * The refusal that a handler's error means. Errors of Nest's enhancers keep their meaning (a guard's no is `PERMISSION_DENIED`, a
 * pipe's is `BAD_REQUEST`); anything unknown is a defect: logged here, told to the client without detail.
 */
export function failureOf(error: unknown, command: Command): Refusal {
  const refusal = refusalOf(error);
  if (refusal !== undefined) return refusal;
  if (error instanceof WsException) return new Refusal('BAD_REQUEST', error.message);
  const { action, connection } = command;
  logger.error(
    `${action.name} (${action.declaredBy}) failed on connection ${connection.id}`,
    error instanceof Error ? error.stack : String(error),
  );
  connection.inbound.limits.failure();
  return new Refusal('INTERNAL', 'a defect in the server; report it with the trace id or the connection ref');
}
