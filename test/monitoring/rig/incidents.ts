import type { Monitored } from './monitored.js';
import { ROOM_FOR_SLOW, SlowClients } from './slow-clients.js';
import type { Incident } from './timeline.js';

/** Settings of a gateway that these incidents are played at. */
export const INCIDENT_ENV = { ...ROOM_FOR_SLOW, WAYBILL_LOG_LEVEL: 'warn' } as const;

export function databaseStopped({ postgres }: Monitored): Incident {
  return {
    title: 'the database is stopped',
    alert: 'WaybillDatabaseDown',
    begin: () => postgres.stop(),
    end: () => postgres.start(),
  };
}

export function clientsSlow({ node }: Monitored): Incident {
  const clients = new SlowClients(node);
  return {
    title: 'eight clients take less than they are sent',
    alert: 'WaybillSlowConsumers',
    begin: () => clients.begin(),
    end: () => clients.end(),
  };
}
