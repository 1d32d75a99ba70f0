import { MemoryPresence } from '../../src/broker/memory-presence.js';
import { describePresence } from './presence.suite.js';

describePresence('MemoryPresence', async () => {
  const presence = new MemoryPresence();
  return { first: presence, second: presence, close: () => presence.close() };
});
