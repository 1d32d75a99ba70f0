import { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Goal } from '../fan-out/goals.ts';
import type { Phase } from '../fan-out/phase-runner.ts';
import { showProfile } from '../fan-out/profile.ts';
import { measureInTurns } from '../fan-out/turns.ts';
import {
  BARE_COALESCING,
  BARE_PREPARED,
  BARE_SEND,
  NATS_NAME,
  NCHAN_NAME,
  NEST,
  type Peer,
  SOCKET_IO,
  nats,
  nchan,
} from '../peers/peers.ts';
import type { Benchmark } from '../rig/benchmark.ts';

const LOAD = { subscribers: 1_000, inFlight: 8, payloadBytes: 100 } as const;
const GATEWAY = 'gateway';
/** Of P1 in the project's design. */
const GOALS: readonly Goal[] = [
  { figure: 'serverCpu', upper: GATEWAY, lower: BARE_COALESCING.name, sign: '<=', wanted: 1.25 },
  { figure: 'serverCpu', upper: GATEWAY, lower: NATS_NAME, sign: '<=', wanted: 0.8 },
  { figure: 'perSecond', upper: GATEWAY, lower: BARE_COALESCING.name, sign: '>=', wanted: 0.8 },
  { figure: 'perSecond', upper: GATEWAY, lower: NEST.name, sign: '>=', wanted: 6 },
  { figure: 'perSecond', upper: GATEWAY, lower: SOCKET_IO.name, sign: '>=', wanted: 6 },
  { figure: 'perSecond', upper: GATEWAY, lower: NATS_NAME, sign: '>=', wanted: 1 },
];

/** Fan-out of one ephemeral topic, beside what else fans out. */
export const p1: Benchmark = async (options, output, stoppers) => {
  const rig = new FanOutRig(options, stoppers);
  const gateway = await rig.startGateway();
  const gatewayPhase: Phase = { name: GATEWAY, server: gateway, dialect: 'gateway', ...LOAD };
  if (options.profile) return showProfile(gateway, gatewayPhase, rig.phaseRunner(), output);

  const optional = new Map([
    [NATS_NAME, nats()],
    [NCHAN_NAME, nchan()],
  ]);
  const installed = [...optional.values()].filter((peer) => peer !== undefined);
  const peers: readonly Peer[] = [BARE_COALESCING, BARE_PREPARED, BARE_SEND, NEST, SOCKET_IO, ...installed];
  const phases = [gatewayPhase];
  for (const peer of peers) phases.push({ ...peer, server: await rig.startPeer(peer), ...LOAD });
  const missing = [...optional].filter(([, peer]) => peer === undefined).map(([name]) => `${name}: not installed here, left out`);
  const versions = [...new Set(installed.concat(BARE_SEND, NEST, SOCKET_IO).map(({ version }) => version))];
  await rig.describeMachine(output, [`Peers: ${versions.join('; ')}`, ...missing]);
  await measureInTurns(rig.phaseRunner(), { phases, goals: GOALS }, options, output);
};
