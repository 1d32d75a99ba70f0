import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, MetadataScanner } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { OnGatewayConnection, OnGatewayDisconnect } from '@nestjs/websockets';
import { GATEWAY_METADATA, MESSAGE_MAPPING_METADATA, MESSAGE_METADATA } from '@nestjs/websockets/internal';
import { type Cost, COST_METADATA, ONE_UNIT } from '../limits/cost.js';
import type { Action } from './action.js';
import { type GatewayMethod, actionHandler } from './action-handler.js';
import { BARRIER_METADATA } from './barrier.js';
import type { Connection } from './connection.js';
import { NO_DEADLINE_METADATA } from './no-deadline.js';

type Hooks = Partial<OnGatewayConnection<Connection> & OnGatewayDisconnect<Connection>>;

/**
 * Every action of the process, found once at the start: the `@SubscribeMessage` handlers of all `@WebSocketGateway` providers of
 * all modules. So a module adds an action the ordinary Nest way, and a frame finds its handler with one look into a map.
 */
@Injectable()
export class ActionRegistry implements OnModuleInit {
  private readonly logger = new Logger(ActionRegistry.name);
  private readonly actions = new Map<string, Action>();
  private readonly hooks: Hooks[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly contexts: ExternalContextCreator,
  ) {}

  /** Throws, which stops the start, where two handlers claim one action or a gateway cannot serve this server. */
  onModuleInit(): void {
    for (const wrapper of this.discovery.getProviders()) {
      if (wrapper.isNotMetatype || wrapper.isAlias || !isGateway(wrapper)) continue;
      requireSingleton(wrapper);
      this.addGateway(wrapper.instance as object);
    }
  }

  find(name: string): Action | undefined {
    return this.actions.get(name);
  }

  /** Names of all actions, in the order in which they were found. */
  get names(): readonly string[] {
    return [...this.actions.keys()];
  }

  /** Calls `handleConnection` of the gateways that have it. What they throw is logged and harms nobody. */
  connected(connection: Connection): void {
    for (const hooks of this.hooks) this.call('handleConnection', hooks, () => hooks.handleConnection?.(connection));
  }

  disconnected(connection: Connection, reason: string): void {
    for (const hooks of this.hooks) this.call('handleDisconnect', hooks, () => hooks.handleDisconnect?.(connection, reason) as unknown);
  }

  private addGateway(instance: object): void {
    const hooks = instance as Hooks;
    if (hooks.handleConnection !== undefined || hooks.handleDisconnect !== undefined) this.hooks.push(hooks);
    const prototype = Object.getPrototypeOf(instance) as object;
    for (const name of this.scanner.getAllMethodNames(prototype)) {
      const method = Reflect.get(prototype, name) as GatewayMethod;
      if (Reflect.getMetadata(MESSAGE_MAPPING_METADATA, method) === true) this.addAction(instance, name, method);
    }
  }

  private addAction(instance: object, methodName: string, method: GatewayMethod): void {
    const declaredBy = `${instance.constructor.name}.${methodName}`;
    const name: unknown = Reflect.getMetadata(MESSAGE_METADATA, method);
    if (typeof name !== 'string') throw new Error(`${declaredBy}: @SubscribeMessage must name its action with a string`);
    const other = this.actions.get(name);
    if (other !== undefined)
      throw new Error(`two handlers claim the action "${name}": ${other.declaredBy} and ${declaredBy}; rename or remove one`);
    this.actions.set(name, {
      name,
      declaredBy,
      run: actionHandler(instance, methodName, method, this.contexts),
      barrier: Reflect.getMetadata(BARRIER_METADATA, method) === true,
      deadline: Reflect.getMetadata(NO_DEADLINE_METADATA, method) !== true,
      cost: (Reflect.getMetadata(COST_METADATA, method) as Cost | undefined) ?? ONE_UNIT,
    });
  }

  private call(hook: string, hooks: Hooks, work: () => unknown): void {
    const report = (error: unknown): void => {
      this.logger.error(`${hooks.constructor.name}.${hook} failed`, error instanceof Error ? error.stack : String(error));
    };
    try {
      const result = work();
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  }
}

function isGateway({ metatype }: InstanceWrapper): boolean {
  return typeof metatype === 'function' && Reflect.getMetadata(GATEWAY_METADATA, metatype) === true;
}

/** One instance serves all connections; a scoped one would be built for every frame. */
function requireSingleton(wrapper: InstanceWrapper): void {
  if (wrapper.isDependencyTreeStatic()) return;
  throw new Error(`${wrapper.name} is request-scoped or transient; a WebSocket gateway of this server must be a singleton`);
}
