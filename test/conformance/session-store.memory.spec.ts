import { MemorySessions, MemorySessionStore } from '../../src/broker/memory-session-store.js';
import { describeSessionStore, EXPIRY_MS } from './session-store.suite.js';

describeSessionStore('MemorySessionStore', () => {
  const shared = new MemorySessions();
  const [one, two] = ['node-1', 'node-2'].map((node) => new MemorySessionStore(node, EXPIRY_MS, shared));
  return Promise.resolve({ one: one as MemorySessionStore, two: two as MemorySessionStore, close: () => Promise.resolve() });
});
