import { GOAL_HEADER, MOST_OTHERS, figure, judged } from '../rig/goal.ts';
import { median } from '../rig/median.ts';
import { table } from '../rig/table.ts';
import type { AcceptMeasurement, MemoryMeasurement } from './measurement.ts';
import { ROUND, SERVER } from './setup.ts';

/** Goals of P4 in the project's design. */
const GOAL = { known: 0.6, new: 0.4, memory: 2, loopMs: 50 } as const;
/** The load must not be what limits a server: below this share of a core the server had time left. */
const BUSY = 0.85;

const ACCEPT_HEADER = [
  'round',
  'runs',
  'accepts/s',
  'p50 ms',
  'p99 ms',
  'loop p99 ms',
  'server µs',
  'database µs',
  'load µs',
  'server cores',
  'retries',
  'others %',
];
const MEMORY_HEADER = ['server', 'runs', 'connections', 'resident KiB', 'collected KiB', 'heap KiB'];

/** Every round of every repeat, one line each. */
export function acceptTable(measurements: readonly AcceptMeasurement[]): string {
  return table(
    ACCEPT_HEADER,
    Object.values(ROUND).flatMap((round) => ofRound(measurements, round).map((one) => acceptLine(one, String(one.repeat)))),
  );
}

export function memoryTable(measurements: readonly MemoryMeasurement[]): string {
  return table(
    MEMORY_HEADER,
    Object.values(SERVER).flatMap((server) => ofServer(measurements, server).map((one) => memoryLine(one, String(one.repeat)))),
  );
}

/**
 * Medians of each round, memory, and the goals: medians of ratios, each within one repeat. Rounds that other programs disturbed are
 * left out of what is a matter of time; memory does not depend on them.
 */
export function summary(accepts: readonly AcceptMeasurement[], memory: readonly MemoryMeasurement[]): string {
  const counted = accepts.filter(({ others }) => others <= MOST_OTHERS);
  const rounds = Object.values(ROUND).map((round) => {
    const undisturbed = ofRound(counted, round);
    return acceptLine(acceptMedians(round, undisturbed), `${undisturbed.length} of ${ofRound(accepts, round).length}`);
  });
  const servers = Object.values(SERVER).map((server) => {
    const all = ofServer(memory, server);
    return memoryLine(memoryMedians(server, all), String(all.length));
  });
  const repeats = Math.max(0, ...accepts.map(({ repeat }) => repeat));
  const parts = [table(ACCEPT_HEADER, rounds), table(MEMORY_HEADER, servers), table(GOAL_HEADER, goals(counted, memory, repeats))];
  return [...parts, ...idleBare(counted)].join('\n\n');
}

function goals(
  accepts: readonly AcceptMeasurement[],
  memory: readonly MemoryMeasurement[],
  repeats: number,
): readonly (readonly string[])[] {
  const rate = (name: string, wanted: number, upper: string, lower: string): readonly string[] =>
    judged(
      { name, sign: '>=', wanted, digits: 2 },
      ratios(accepts, upper, lower, ({ perSecond }) => perSecond),
      repeats,
    );
  const cpu = (name: string, wanted: number, upper: string, lower: string): readonly string[] =>
    judged(
      { name, sign: '>=', wanted, digits: 2 },
      ratios(accepts, upper, lower, ({ serverCpu }) => 1 / serverCpu),
      repeats,
    );
  const loop = (name: string, round: string): readonly string[] =>
    judged(
      { name, sign: '<', wanted: GOAL.loopMs, digits: 1 },
      ofRound(accepts, round).map(({ loopP99 }) => loopP99),
      repeats,
    );
  return [
    rate('accepts/s, known tokens: gateway / bare ws', GOAL.known, ROUND.known, ROUND.bareKnown),
    rate('accepts/s, new tokens: gateway / bare ws', GOAL.new, ROUND.new, ROUND.bareNew),
    cpu('the same by CPU time, known tokens', GOAL.known, ROUND.known, ROUND.bareKnown),
    cpu('the same by CPU time, new tokens', GOAL.new, ROUND.new, ROUND.bareNew),
    judged(
      { name: 'memory of a connection: gateway / bare ws', sign: '<=', wanted: GOAL.memory, digits: 2 },
      memoryRatios(memory),
      repeats,
    ),
    loop('event loop p99 ms, new tokens', ROUND.new),
    loop('event loop p99 ms, known tokens', ROUND.known),
    loop('event loop p99 ms, 1,000 at once', ROUND.atOnce),
  ];
}

/** Says where bare `ws` waited for the load: then it could do more, and the ratios flatter the gateway. */
function idleBare(accepts: readonly AcceptMeasurement[]): readonly string[] {
  const cores = median([ROUND.bareNew, ROUND.bareKnown].flatMap((round) => ofRound(accepts, round)).map(({ serverCores }) => serverCores));
  if (!(cores < BUSY)) return [];
  return [`Bare ws was busy for only ${cores.toFixed(2)} of a core: the load limits it, and by CPU time the ratios of accepts are lower.`];
}

/** Of two rounds, in each repeat in which both count. */
function ratios(
  measurements: readonly AcceptMeasurement[],
  upper: string,
  lower: string,
  value: (one: AcceptMeasurement) => number,
): readonly number[] {
  return ofRound(measurements, upper).flatMap((one) => {
    const other = ofRound(measurements, lower).find(({ repeat }) => repeat === one.repeat);
    return other === undefined ? [] : [value(one) / value(other)];
  });
}

function memoryRatios(measurements: readonly MemoryMeasurement[]): readonly number[] {
  return ofServer(measurements, SERVER.gateway).flatMap(({ repeat, collected }) => {
    const other = ofServer(measurements, SERVER.bare).find((one) => one.repeat === repeat);
    return other === undefined ? [] : [collected / other.collected];
  });
}

function ofRound(measurements: readonly AcceptMeasurement[], round: string): readonly AcceptMeasurement[] {
  return measurements.filter((one) => one.round === round);
}

function ofServer(measurements: readonly MemoryMeasurement[], server: string): readonly MemoryMeasurement[] {
  return measurements.filter((one) => one.server === server);
}

function acceptMedians(round: string, measurements: readonly AcceptMeasurement[]): AcceptMeasurement {
  const of = (name: Exclude<keyof AcceptMeasurement, 'round'>): number => median(measurements.map((one) => one[name]));
  return {
    repeat: 0,
    round,
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    serverCpu: of('serverCpu'),
    databaseCpu: of('databaseCpu'),
    loadCpu: of('loadCpu'),
    serverCores: of('serverCores'),
    loopP99: of('loopP99'),
    retries: of('retries'),
    others: of('others'),
  };
}

function memoryMedians(server: string, measurements: readonly MemoryMeasurement[]): MemoryMeasurement {
  const of = (name: Exclude<keyof MemoryMeasurement, 'server'>): number => median(measurements.map((one) => one[name]));
  return { repeat: 0, server, connections: of('connections'), resident: of('resident'), collected: of('collected'), heap: of('heap') };
}

function acceptLine(one: AcceptMeasurement, runs: string): readonly string[] {
  return [
    one.round,
    runs,
    figure(one.perSecond, 0),
    figure(one.p50, 1),
    figure(one.p99, 1),
    figure(one.loopP99, 1),
    figure(one.serverCpu, 0),
    figure(one.databaseCpu, 0),
    figure(one.loadCpu, 0),
    figure(one.serverCores, 2),
    figure(one.retries, 0),
    figure(one.others * 100, 1),
  ];
}

function memoryLine(one: MemoryMeasurement, runs: string): readonly string[] {
  return [one.server, runs, figure(one.connections, 0), figure(one.resident, 1), figure(one.collected, 1), figure(one.heap, 1)];
}
