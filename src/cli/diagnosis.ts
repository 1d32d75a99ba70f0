import { randomBytes } from 'node:crypto';
import { type WaybillClient, WaybillError } from '@waybill/client';
import { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { databaseFinding } from './database-finding.js';
import { UsageError } from './exit-codes.js';
import type { Finding } from './finding.js';
import type { RemoteGateway } from './gateway.js';
import { machineFindings } from './machine-findings.js';
import { readMachine } from './machine-values.js';

const ROUND_TRIP_MS = 10_000;
const LOOPBACK = /^(?:localhost|127\..*|\[::1\])$/;

/** Checks an installation from the inside out and stops where going on would only repeat the same failure. */
export async function* findings(gateway: RemoteGateway): AsyncGenerator<Finding> {
  yield { check: 'node', ok: true, sentence: `Node ${process.version} runs this command.` };
  yield settings();
  yield* machine(gateway.url);
  const database = await databaseFinding();
  if (database !== undefined) yield database;
  const answer = await rest(gateway);
  yield answer;
  if (answer.ok) yield await roundTrip(gateway);
}

function settings(): Finding {
  try {
    const { server, storage } = Config.load();
    const database = storage.databaseUrl === undefined ? `the embedded database in ${server.dataDir}` : 'the database of DATABASE_URL';
    return {
      check: 'settings',
      ok: true,
      sentence: `They are valid: a gateway started here would listen on port ${server.port} and use ${database}.`,
    };
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return { check: 'settings', ok: false, sentence: `A gateway would not start here. ${thrown.problems.join(' ')}` };
  }
}

/** What this machine can hold; where the gateway is elsewhere, that says nothing. Wrong settings were told already. */
function machine(url: string): readonly Finding[] {
  if (!LOOPBACK.test(new URL(url).hostname)) return [];
  try {
    const { server, gateway, storage } = Config.load();
    const size = { maxConnections: gateway.maxConnections, poolSize: storage.poolSize, backlog: server.backlog };
    return machineFindings(readMachine(server.dataDir), size);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return [];
    throw thrown;
  }
}

async function rest(gateway: RemoteGateway): Promise<Finding> {
  try {
    await gateway.call({ path: 'topics?limit=1' });
    return { check: 'gateway', ok: true, sentence: `${gateway.url} answers and takes the API key.` };
  } catch (thrown) {
    return { check: 'gateway', ok: false, ...explained(thrown, gateway.url) };
  }
}

function explained(thrown: unknown, url: string): Pick<Finding, 'sentence' | 'unreachable'> {
  if (thrown instanceof UsageError) return { sentence: thrown.message };
  if (!(thrown instanceof WaybillError)) throw thrown;
  switch (thrown.code) {
    case 'UNREACHABLE':
      return { sentence: `Nothing answers at ${url}. Start a gateway with: waybill serve, or name another with --url.`, unreachable: true };
    case 'BAD_FRAME':
      return { sentence: `What answers at ${url} is not a Waybill gateway: another program has the port, or a proxy stands before it.` };
    case 'UNAUTHENTICATED':
      return { sentence: `${url} does not know the API key. Give the one that it printed at its first start with --api-key.` };
    case 'PERMISSION_DENIED':
      return { sentence: `The API key lacks a scope: ${thrown.message}` };
    default:
      return { sentence: `${url} answered ${thrown.code}: ${thrown.message}` };
  }
}

async function roundTrip(gateway: RemoteGateway): Promise<Finding> {
  const topic = `doctor.${randomBytes(8).toString('hex')}`;
  let client: WaybillClient | undefined;
  try {
    client = await gateway.connectAs({ user: 'waybill-doctor', topics: { subscribe: [topic], publish: [topic] } });
    const { milliseconds, ref } = await messageThere(client, topic);
    await gateway.call({ method: 'DELETE', path: `topics/${topic}` });
    return {
      check: 'socket',
      ok: true,
      sentence: `A message published over a socket was stored and came back in ${milliseconds} ms (ref ${ref}).`,
    };
  } catch (thrown) {
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    return {
      check: 'socket',
      ok: false,
      sentence: `REST works, but a message over a socket did not arrive: ${problem}. Does a proxy pass WebSocket upgrades on to the gateway?`,
    };
  } finally {
    client?.close();
  }
}

async function messageThere(client: WaybillClient, topic: string): Promise<{ readonly milliseconds: number; readonly ref: string }> {
  const { ref } = await within(client.connect(), 'no connection');
  const arrived = Promise.withResolvers<void>();
  await within(client.subscribe(topic, () => arrived.resolve()).ready(), 'no answer to a subscription');
  const start = performance.now();
  await client.publish(topic, 'Is anybody there?', { timeoutMs: ROUND_TRIP_MS });
  await within(arrived.promise, 'stored, but not delivered');
  return { milliseconds: Math.round(performance.now() - start), ref };
}

async function within<T>(promise: Promise<T>, otherwise: string): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error(`${otherwise} within ${ROUND_TRIP_MS / 1_000} s`)), ROUND_TRIP_MS);
  try {
    return await Promise.race([promise, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
