import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { descriptorLimit, roomWithin } from './descriptor-limit.js';

describe('the limit of descriptors', () => {
  it('is what the shell says', () => {
    expect(descriptorLimit()).toBe(Number(execFileSync('sh', ['-c', 'ulimit -Hn']).toString()));
  });

  it.each([
    [20_000, 10, { sockets: 19_878, connections: 19_622 }],
    [1_024, 10, { sockets: 902, connections: 676 }],
    [256, 10, { sockets: 134, connections: 100 }],
    [64, 10, { sockets: 1, connections: 1 }],
  ])('of %i with a pool of %i leaves room', (limit, pool, room) => {
    expect(roomWithin(limit, pool)).toEqual(room);
  });
});
