import type { AcceptMeasurement, MemoryMeasurement } from './measurement.ts';
import { RoundRunner } from './round-runner.ts';
import { AT_ONCE, IN_FLIGHT, KNOWN_MS, ROUND, WARM_UP } from './setup.ts';
import type { Site } from './site.ts';

export type OnRound = (round: string, end: 'begin' | 'end') => Promise<void>;

export interface RepeatResult {
  readonly accepts: readonly AcceptMeasurement[];
  readonly memory: readonly MemoryMeasurement[];
}

/** Goes through all rounds once. Those that are compared stand beside one another, because the machine's speed drifts. */
export async function measureRepeat(
  sites: { readonly gateway: readonly Site[]; readonly bare: readonly Site[] },
  connections: number,
  repeat: number,
): Promise<RepeatResult> {
  const gateway = new RoundRunner(sites.gateway);
  const bare = new RoundRunner(sites.bare);
  for (const runner of [bare, gateway]) await begin(runner);

  await bare.prepare(connections, 'bare');
  const bareNew = await bare.connect({ repeat, round: ROUND.bareNew }, connections, IN_FLIGHT);
  await bare.reset();
  const { newTokens, known } = await storm(gateway, repeat, connections);
  await gateway.subscribe(connections);
  const gatewayMemory = await gateway.memory(repeat, connections);
  await gateway.reset();
  const bareKnown = await bare.connect({ repeat, round: ROUND.bareKnown }, connections, IN_FLIGHT);
  const bareMemory = await bare.memory(repeat, connections);
  await bare.reset();

  await gateway.prepare(connections, 'user');
  const atOnce = await gateway.connect({ repeat, round: ROUND.atOnce }, connections, AT_ONCE);
  await gateway.reset();
  const bareAtOnce = await bare.connect({ repeat, round: ROUND.bareAtOnce }, connections, AT_ONCE);
  const accepts = [newTokens, bareNew, known, bareKnown, atOnce, bareAtOnce].filter((one) => one !== undefined);
  return { accepts, memory: [gatewayMemory, bareMemory] };
}

/**
 * Lets a server run its code and fill its caches, and reads the memory that it then has: what it takes once, whoever comes, is not
 * counted as memory of connections.
 */
export async function begin(runner: RoundRunner): Promise<void> {
  await runner.prepare(WARM_UP, 'warm-up');
  await runner.connect({ repeat: 0, round: 'warm-up' }, WARM_UP, IN_FLIGHT);
  await runner.readBase(WARM_UP);
  await runner.reset();
}

/**
 * Everybody comes with a token that nobody has seen, is cut off, and comes again with the same. The second connections stay open.
 * `onRound` is told at both ends of each round. `known` is undefined where tokens came again only after they had been forgotten: the
 * machine was too busy, or the connections were too many.
 */
export async function storm(
  runner: RoundRunner,
  repeat: number,
  connections: number,
  onRound: OnRound = async () => undefined,
): Promise<{ readonly newTokens: AcceptMeasurement; readonly known: AcceptMeasurement | undefined }> {
  await runner.prepare(connections, 'user');
  await onRound(ROUND.new, 'begin');
  const first = performance.now();
  const newTokens = await runner.connect({ repeat, round: ROUND.new }, connections, IN_FLIGHT);
  const firstEnd = performance.now();
  await onRound(ROUND.new, 'end');
  await runner.reset();
  await onRound(ROUND.known, 'begin');
  const second = performance.now();
  const known = await runner.connect({ repeat, round: ROUND.known }, connections, IN_FLIGHT);
  const oldestMs = Math.max(second - first, performance.now() - firstEnd);
  await onRound(ROUND.known, 'end');
  return { newTokens, known: oldestMs < KNOWN_MS ? known : undefined };
}
