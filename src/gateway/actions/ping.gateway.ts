import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { isRecord } from '../../protocol/envelope.js';
import { Costs, TENTH } from '../limits/cost.js';
import type { Connection } from '../ws/connection.js';

/** `ping`: browsers do not see WebSocket pings, so a client that hears nothing asks. */
@WebSocketGateway()
export class PingGateway {
  @Costs(TENTH)
  @SubscribeMessage('ping')
  ping(_connection: Connection, data: unknown): unknown {
    const echo = isRecord(data) ? data : data === undefined ? {} : { data };
    return { ...echo, server_time: Date.now() };
  }
}
