export { FakeClock, settled } from './fake-clock.js';
export { type SimulatedFrame, SimulatedGateway, type SimulatedGatewayOptions } from './simulated-gateway.js';
export { SimulatedLog, type SimulatedPublish } from './simulated-log.js';
export { SimulatedRefusal, SimulatedSession } from './simulated-session.js';
export { SimulatedSocket } from './simulated-socket.js';
