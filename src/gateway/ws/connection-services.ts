import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import type { ConfigValues } from '../../config/schema.js';
import { EventBus } from '../../messaging/event-bus.js';
import { Subscriptions } from '../../messaging/subscriptions.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { ActionRegistry } from './action-registry.js';
import { HandlerDeadlines } from './handler-deadlines.js';
import { Heartbeat } from './heartbeat.js';
import { Lifetimes } from './lifetimes.js';
import { ConnectionRegistry } from './registry.js';
import { ServerTopics } from './server-topics.js';

/** What all connections share: one reference on each instead of nine. */
@Injectable()
export class ConnectionServices {
  readonly config: ConfigValues['gateway'];
  readonly expiringNoticeMs: number;
  /** Name of this node. */
  readonly node: string;

  constructor(
    readonly settings: Config,
    readonly telemetry: Telemetry,
    readonly events: EventBus,
    readonly subscriptions: Subscriptions,
    readonly actions: ActionRegistry,
    readonly registry: ConnectionRegistry,
    readonly heartbeat: Heartbeat,
    readonly lifetimes: Lifetimes,
    readonly deadlines: HandlerDeadlines,
    readonly serverTopics: ServerTopics,
  ) {
    this.config = settings.gateway;
    this.node = nodeIdOf(settings);
    this.expiringNoticeMs = settings.auth.expiringNoticeSeconds * 1_000;
  }
}
