import { MemoryPresence } from '../../src/broker/memory-presence.js';
import { describePresence } from './presence.suite.js';

describePresence('MemoryPresence', () => Promise.resolve(new MemoryPresence()));
