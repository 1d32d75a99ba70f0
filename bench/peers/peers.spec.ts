import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FanOutJob, FanOutResult } from '../load/fan-out/fan-out-load.ts';
import { runWorker } from '../rig/worker.ts';
import { PeerProcess } from './peer-process.ts';
import { BARE_COALESCING, BARE_PREPARED, BARE_SEND, NEST, SOCKET_IO, nats, nchan } from './peers.ts';

const LOAD = new URL('../load/fan-out/fan-out-load.ts', import.meta.url);
const PAYLOAD_BYTES = 100;
const SUBSCRIBERS = 60;
const DEADLINE_MS = 60_000;

const directory = mkdtempSync(join(tmpdir(), 'waybill-peers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Those that are installed here. */
const peers = [BARE_COALESCING, BARE_PREPARED, BARE_SEND, NEST, SOCKET_IO, nats(), nchan()].filter((peer) => peer !== undefined);

describe('peers', () => {
  it.concurrent.each(peers.map((peer) => [peer.name, peer] as const))(
    '%s delivers to every subscriber what is published, in order, and ends',
    async (_name, peer) => {
      const server = await PeerProcess.start(peer.program, peer.programArguments(directory));
      try {
        const { host, port } = server;
        const load = { dialect: peer.dialect, subscribers: SUBSCRIBERS, inFlight: 8, payloadBytes: PAYLOAD_BYTES };
        const job: FanOutJob = { host, ports: [port], ...load, secret: '', idleTopics: 0, warmUpSeconds: 0.1, seconds: 0.2 };
        const result = await runWorker<FanOutResult>(LOAD, job, () => undefined);
        expect(result.operations).toBeGreaterThan(SUBSCRIBERS);
        expect(result.bytesPerDelivery).toBeGreaterThanOrEqual(PAYLOAD_BYTES);
        expect(result.durations.length).toBeGreaterThan(0);
      } finally {
        await server.stop();
      }
      expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
    },
    DEADLINE_MS,
  );
});
