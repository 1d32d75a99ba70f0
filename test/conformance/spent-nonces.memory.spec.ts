import { afterEach, expect, it, vi } from 'vitest';
import { MemorySpentNonces } from '../../src/auth/devices/memory-spent-nonces.js';
import { describeSpentNonces } from './spent-nonces.suite.js';

describeSpentNonces('memory', async () => {
  const nonces = new MemorySpentNonces();
  return { nodes: [nonces, nonces], close: () => Promise.resolve() };
});

afterEach(() => vi.useRealTimers());

it('forgets what is too old anyway', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const nonces = new MemorySpentNonces();
  for (let index = 0; index < 100; index += 1) await nonces.spend(`old-${index}`, Date.now() + 1_000);
  vi.setSystemTime(Date.now() + 1_001);
  await nonces.spend('new', Date.now() + 1_000);
  expect(nonces.size).toBe(1);
});
