import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LOG_EVENTS } from './log-events.js';

/** Events are written by name, or chosen from names that stand in the same file. */
const NAMED = /\bevent: (?:\w+ \? )?'([a-z_.]+)'(?: : '([a-z_.]+)')?/g;
const OF_DEVICES = /\(request, '(device\.[a-z_]+)'/g;
const NOT_OF_THE_LOG = ['src/gateway/http/event-stream', 'src/cli/', 'src/monitoring/logging/'];

describe('the events of the log', () => {
  it('are those that the program writes, each under its own name', async () => {
    const written = new Set<string>();
    for await (const file of glob('src/**/*.ts')) {
      if (file.endsWith('.spec.ts') || NOT_OF_THE_LOG.some((part) => file.startsWith(part))) continue;
      const text = readFileSync(file, 'utf8');
      for (const pattern of [NAMED, OF_DEVICES])
        for (const [, ...names] of text.matchAll(pattern)) for (const name of names) if (name !== undefined) written.add(name);
    }
    expect([...written].sort()).toEqual(Object.keys(LOG_EVENTS).sort());
  });
});
