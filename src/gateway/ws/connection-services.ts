import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { LiveSettings } from '../../config/live-settings.js';
import { nodeIdOf } from '../../config/node-id.js';
import type { ConfigValues } from '../../config/schema.js';
import { EventBus } from '../../messaging/event-bus.js';
import { FlushTurn } from '../../messaging/flush-turn.js';
import { Subscriptions } from '../../messaging/subscriptions.js';
import { Telemetry } from '../../telemetry/telemetry.js';
import { Limits } from '../limits/limits.js';
import { ActionRegistry } from './action-registry.js';
import { compressionOf } from './compression.js';
import type { FrameEncoding } from './frame-encoding.js';
import { HandlerDeadlines } from './handler-deadlines.js';
import { Heartbeat } from './heartbeat.js';
import { Lifetimes } from './lifetimes.js';
import type { OutboundSurroundings } from './outbound-owner.js';
import { ConnectionRegistry } from './registry.js';
import { SendBudget } from '../send-budget.js';
import { Sessions } from '../sessions/sessions.js';
import { ServerTopics } from './server-topics.js';

/** What all connections share: one reference on each instead of nine. */
@Injectable()
export class ConnectionServices {
  readonly config: ConfigValues['gateway'];
  readonly expiringNoticeMs: number;
  readonly outbound: OutboundSurroundings;
  /** How frames leave to those who negotiated compression. */
  readonly compression: FrameEncoding;
  /** Name of this node. */
  readonly node: string;

  constructor(
    readonly settings: Config,
    /** Settings that operators may change; read whenever they are needed. */
    readonly live: LiveSettings,
    readonly limits: Limits,
    readonly telemetry: Telemetry,
    readonly events: EventBus,
    readonly subscriptions: Subscriptions,
    readonly actions: ActionRegistry,
    readonly registry: ConnectionRegistry,
    readonly heartbeat: Heartbeat,
    readonly lifetimes: Lifetimes,
    readonly deadlines: HandlerDeadlines,
    readonly serverTopics: ServerTopics,
    readonly sessions: Sessions,
    turn: FlushTurn,
    budget: SendBudget,
  ) {
    this.config = settings.gateway;
    this.node = nodeIdOf(settings);
    const { queueMessages, queueBytes } = settings.gateway;
    this.outbound = { queueMessages, queueBytes, budget, turn, telemetry };
    this.compression = compressionOf(settings.gateway);
    this.expiringNoticeMs = settings.auth.expiringNoticeSeconds * 1_000;
  }
}
