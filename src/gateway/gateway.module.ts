import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AuthModule } from '../auth/auth.module.js';
import { MessagingModule } from '../messaging/messaging.module.js';
import { CanaryDoor } from '../messaging/canary-door.js';
import { GatewayControl } from '../messaging/gateway-control.js';
import { NodeDrain } from '../messaging/node-drain.js';
import { AuthGateway } from './actions/auth.gateway.js';
import { DeviceChallengeGateway } from './actions/device-challenge.gateway.js';
import { HistoryGateway } from './actions/history.gateway.js';
import { PingGateway } from './actions/ping.gateway.js';
import { PublishGateway } from './actions/publish.gateway.js';
import { SubscribeGateway } from './actions/subscribe.gateway.js';
import { TicketCanaryDoor } from './ticket-canary-door.js';
import { ConnectionControl } from './connection-control.js';
import { OperatorConnections } from './operator-connections.js';
import { HttpModule } from './http/http.module.js';
import { RevokedConnections } from './revoked-connections.js';
import { AcceptPacing } from './ws/accept-pacing.js';
import { ActionRegistry } from './ws/action-registry.js';
import { ConnectionServices } from './ws/connection-services.js';
import { Drain } from './drain/drain.js';
import { HandlerDeadlines } from './ws/handler-deadlines.js';
import { Heartbeat } from './ws/heartbeat.js';
import { Lifetimes } from './ws/lifetimes.js';
import { LoopLag } from './ws/loop-lag.js';
import { ConnectionRegistry } from './ws/registry.js';
import { Sessions } from './sessions/sessions.js';
import { ServerTopics } from './ws/server-topics.js';
import { Upgrade } from './ws/upgrade.js';

const ACTIONS = [AuthGateway, DeviceChallengeGateway, PingGateway, SubscribeGateway, PublishGateway, HistoryGateway];
const SOCKETS = [
  AcceptPacing,
  ActionRegistry,
  ConnectionServices,
  ConnectionRegistry,
  Drain,
  HandlerDeadlines,
  Heartbeat,
  Lifetimes,
  LoopLag,
  ServerTopics,
  Sessions,
  Upgrade,
];

/** Both doors: WebSocket and REST. The application binds it with `new WaybillWsAdapter(app)`. */
@Global()
@Module({
  imports: [AuthModule, MessagingModule, HttpModule, DiscoveryModule],
  providers: [
    ...SOCKETS,
    ...ACTIONS,
    RevokedConnections,
    OperatorConnections,
    { provide: GatewayControl, useClass: ConnectionControl },
    { provide: NodeDrain, useExisting: Drain },
    { provide: CanaryDoor, useClass: TicketCanaryDoor },
  ],
  exports: [GatewayControl, NodeDrain, CanaryDoor, ActionRegistry],
})
export class GatewayModule {}
