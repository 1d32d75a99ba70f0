import { WaybillClient } from '../client.js';
import type { ClientOptions } from '../options.js';
import { FakeClock } from '../testing/fake-clock.js';
import { SimulatedGateway, type SimulatedGatewayOptions } from '../testing/simulated-gateway.js';

/** Every event of a client, in order, as `name` or `name:detail`. */
export type EventLog = string[];

export interface Simulation {
  readonly clock: FakeClock;
  readonly gateway: SimulatedGateway;
  readonly client: WaybillClient;
  readonly events: EventLog;
}

/** A client at a simulated gateway, with the middle of every jitter window as its random number. */
export function simulate(options: Partial<ClientOptions> = {}, gatewayOptions: Partial<SimulatedGatewayOptions> = {}): Simulation {
  const clock = new FakeClock();
  const gateway = new SimulatedGateway({ clock, ...gatewayOptions });
  const client = new WaybillClient('http://gateway.test', { token: 'token-1', clock, random: () => 0.5, ...gateway.transport, ...options });
  const events: EventLog = [];
  client.on('connected', ({ reconnected }) => events.push(reconnected ? 'reconnected' : 'connected'));
  client.on('disconnected', ({ code }) => events.push(`disconnected:${code}`));
  client.on('retrying', ({ delayMs }) => events.push(`retrying:${delayMs}`));
  client.on('closed', ({ code }) => events.push(`closed:${code}`));
  client.on('error', ({ code }) => events.push(`error:${code}`));
  return { clock, gateway, client, events };
}
