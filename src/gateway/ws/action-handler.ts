import {
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  EXCEPTION_FILTERS_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/internal';
import type { ExternalContextCreator } from '@nestjs/core';
import { WsParamsFactory } from '@nestjs/websockets/factories/ws-params-factory.js';
import type { ActionHandler } from './action.js';

export type GatewayMethod = (...parameters: unknown[]) => unknown;

const factory = new WsParamsFactory();
const PARAMETERS = {
  exchangeKeyForValue: (type: number, data: string, args: [unknown, ...unknown[]]): unknown =>
    factory.exchangeKeyForValue(type, data, args),
};

const ENHANCERS = [GUARDS_METADATA, PIPES_METADATA, INTERCEPTORS_METADATA, EXCEPTION_FILTERS_METADATA];

/**
 * The function that runs a handler. One without guards, pipes, interceptors, filters or parameter decorators of its own is called
 * directly. Any other goes through Nest's `ExternalContextCreator`, as Nest's own transports do: there the application's global
 * enhancers apply too, so one that is written for REST must look at `context.getType()`.
 */
export function actionHandler(
  instance: object,
  methodName: string,
  method: GatewayMethod,
  contexts: ExternalContextCreator,
): ActionHandler {
  if (!isEnhanced(instance, methodName, method)) return (connection, data, context) => method.call(instance, connection, data, context);
  const run = contexts.create(
    instance,
    method,
    methodName,
    ROUTE_ARGS_METADATA,
    PARAMETERS,
    undefined,
    undefined,
    { guards: true, interceptors: true, filters: true },
    'ws',
  ) as GatewayMethod;
  // Nest reads the pattern of a WebSocket context from its last argument.
  return (connection, data, context) => run(connection, data, context, context.frame.action);
}

function isEnhanced(instance: object, methodName: string, method: GatewayMethod): boolean {
  const { constructor } = instance;
  if (Reflect.hasMetadata(ROUTE_ARGS_METADATA, constructor, methodName)) return true;
  return ENHANCERS.some((key) => Reflect.hasMetadata(key, constructor) || Reflect.hasMetadata(key, method));
}
