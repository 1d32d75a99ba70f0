import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuthModule } from '../../auth/auth.module.js';
import { MessagingModule } from '../../messaging/messaging.module.js';
import { Admission } from '../admission.js';
import { ConsoleController } from '../console/console.controller.js';
import { ConnectionPlaces } from '../connection-places.js';
import { Limits } from '../limits/limits.js';
import { RecentlyClosed } from '../recently-closed.js';
import { SendBudget } from '../send-budget.js';
import { AuthController } from './auth.controller.js';
import { DeviceTokenController } from './device-token.controller.js';
import { DevicesController } from './devices.controller.js';
import { DocumentsController } from './docs/documents.controller.js';
import { OpenApi } from './docs/open-api.js';
import { DoorsController } from './doors.controller.js';
import { ErrorFilter } from './error-filter.js';
import { EventStreams } from './event-streams.js';
import { MessagesController } from './messages.controller.js';
import { OperatorsController } from './operators.controller.js';
import { Rest } from './rest.js';
import { BlocksController } from './blocks.controller.js';
import { RevocationsController } from './revocations.controller.js';
import { SessionController } from './session.controller.js';
import { TopicsController } from './topics.controller.js';

/** The REST door. Its server must come from `createHttpAdapter`. */
@Module({
  imports: [AuthModule, MessagingModule],
  controllers: [
    MessagesController,
    TopicsController,
    AuthController,
    RevocationsController,
    BlocksController,
    DevicesController,
    DeviceTokenController,
    SessionController,
    OperatorsController,
    DocumentsController,
    DoorsController,
    ConsoleController,
  ],
  providers: [
    Admission,
    ConnectionPlaces,
    Limits,
    SendBudget,
    RecentlyClosed,
    Rest,
    EventStreams,
    OpenApi,
    { provide: APP_FILTER, useClass: ErrorFilter },
  ],
  exports: [Admission, ConnectionPlaces, Limits, SendBudget, RecentlyClosed, EventStreams, OpenApi],
})
export class HttpModule {}
