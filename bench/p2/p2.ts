import { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Goal } from '../fan-out/goals.ts';
import type { Phase } from '../fan-out/phase-runner.ts';
import { showProfile } from '../fan-out/profile.ts';
import { measureInTurns } from '../fan-out/turns.ts';
import { BARE_PREPARED } from '../peers/peers.ts';
import type { Benchmark } from '../rig/benchmark.ts';

const LOAD = { subscribers: 1_000, inFlight: 1, payloadBytes: 100 } as const;
const GATEWAY = 'gateway';
/** Of P2 in the project's design. */
const GOALS: readonly Goal[] = [
  { figure: 'serverCpu', upper: GATEWAY, lower: BARE_PREPARED.name, sign: '<=', wanted: 1.15 },
  { figure: 'p99', upper: GATEWAY, lower: BARE_PREPARED.name, sign: '<=', wanted: 1 },
];

/** Fan-out of one publish at a time, where nothing can be gathered, beside a loop that does nothing but write. */
export const p2: Benchmark = async (options, output, stoppers) => {
  const rig = new FanOutRig(options, stoppers);
  const gateway = await rig.startGateway();
  const gatewayPhase: Phase = { name: GATEWAY, server: gateway, dialect: 'gateway', ...LOAD };
  if (options.profile) return showProfile(gateway, gatewayPhase, rig.phaseRunner(), output);

  const floor: Phase = { ...BARE_PREPARED, server: await rig.startPeer(BARE_PREPARED), ...LOAD };
  await rig.describeMachine(output, [`Peer: ${BARE_PREPARED.version}`]);
  await measureInTurns(rig.phaseRunner(), { phases: [gatewayPhase, floor], goals: GOALS }, options, output);
};
