import { MemoryCounts, MemorySharedCounts } from '../../src/cluster/memory-shared-counts.js';
import { describeSharedCounts } from './shared-counts.suite.js';

describeSharedCounts('MemorySharedCounts', () => {
  const shared = new MemoryCounts();
  return Promise.resolve({
    node: (name: string) => new MemorySharedCounts(name, shared),
    forget: () => Promise.resolve(shared.forget()),
    close: () => Promise.resolve(),
  });
});
