import { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Goal } from '../fan-out/goals.ts';
import type { Phase } from '../fan-out/phase-runner.ts';
import { measureInTurns } from '../fan-out/turns.ts';
import type { Benchmark } from '../rig/benchmark.ts';

const LOAD = { subscribers: 1_000, inFlight: 8, payloadBytes: 100, dialect: 'gateway' } as const;
const ONE = 'one node';
const TWO = 'two nodes and Redis';
/** Of P7 in the project's design. */
const GOALS: readonly Goal[] = [
  { figure: 'serverCpu', upper: TWO, lower: ONE, sign: '<=', wanted: 1.3 },
  { figure: 'p99', upper: TWO, lower: ONE, sign: '<=', wanted: undefined },
  { figure: 'perSecond', upper: TWO, lower: ONE, sign: '>=', wanted: undefined },
];

/** The fan-out of P1, its subscribers spread over two nodes that Redis joins, beside the same over one. */
export const p7: Benchmark = async (options, output, stoppers) => {
  if (options.profile) throw new Error('P7 has no profile: look at P1, whose node does the same work.');
  const rig = new FanOutRig(options, stoppers);
  const phases: readonly Phase[] = [
    { name: ONE, server: await rig.startGateway(), ...LOAD },
    { name: TWO, server: await rig.startCluster(2), ...LOAD },
  ];
  await rig.describeMachine(output, []);
  await measureInTurns(rig.phaseRunner(), { phases, goals: GOALS }, options, output);
};
