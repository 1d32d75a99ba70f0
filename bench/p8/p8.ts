import { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Goal } from '../fan-out/goals.ts';
import type { Phase, Server } from '../fan-out/phase-runner.ts';
import { showProfile } from '../fan-out/profile.ts';
import { measureInTurns } from '../fan-out/turns.ts';
import { BARE_COALESCING } from '../peers/peers.ts';
import type { Benchmark } from '../rig/benchmark.ts';
import type { GatewayProcess } from '../rig/gateway-process.ts';
import { publishIdleTopics } from './idle-topics.ts';

const LOAD = { inFlight: 8, payloadBytes: 100 } as const;
const SIZE = { small: 100, usual: 1_000, large: 10_000 } as const;
const IDLE_TOPICS = { some: 1_000, many: 100_000 } as const;
/** Of P8 in the project's design: CPU per delivery, as in P1. */
const WANTED = 1.3;

/** A phase of the gateway, by the number of subscribers of the floor that it is judged by. */
interface Variant {
  readonly phase: Phase;
  readonly floor: number;
}

/** How fan-out grows: with subscribers, and with topics that are there and idle. */
export const p8: Benchmark = async (options, output, stoppers) => {
  const rig = new FanOutRig(options, stoppers);
  const gateway = await rig.startGateway();
  if (options.profile) return showProfile(gateway, ofSubscribers(gateway, SIZE.large).phase, rig.phaseRunner(), output);

  const bare = await rig.startPeer(BARE_COALESCING);
  const [small, usual, large] = [SIZE.small, SIZE.usual, SIZE.large].map((size) => ofSubscribers(gateway, size)) as [
    Variant,
    Variant,
    Variant,
  ];
  const some = [await quietTopics(rig, IDLE_TOPICS.some), subscribedTopics(gateway, IDLE_TOPICS.some)];
  const many = [await quietTopics(rig, IDLE_TOPICS.many), subscribedTopics(gateway, IDLE_TOPICS.many)];
  // The floor in the middle of those that it is compared with.
  const phases = [
    small.phase,
    floor(bare, SIZE.small),
    ...some.map(({ phase }) => phase),
    usual.phase,
    floor(bare, SIZE.usual),
    ...many.map(({ phase }) => phase),
    large.phase,
    floor(bare, SIZE.large),
  ];
  const goals = [small, usual, large, ...some, ...many].map((variant): Goal => ({
    figure: 'serverCpu',
    upper: variant.phase.name,
    lower: floorName(variant.floor),
    sign: '<=',
    wanted: WANTED,
  }));
  await rig.describeMachine(output, [`Peer: ${BARE_COALESCING.version}`]);
  await measureInTurns(rig.phaseRunner(), { phases, goals }, options, output);
};

function ofSubscribers(server: Server, subscribers: number): Variant {
  return { phase: { name: `gateway, ${subscribers} subscribers`, server, dialect: 'gateway', subscribers, ...LOAD }, floor: subscribers };
}

/** Topics that have a message and no subscriber, in a gateway of their own: it keeps them. */
async function quietTopics(rig: FanOutRig, topics: number): Promise<Variant> {
  const server: GatewayProcess = await rig.startGateway();
  await publishIdleTopics(server, await server.token('publisher'), topics);
  const name = `gateway, ${SIZE.usual} subscribers, ${topics} quiet topics`;
  return { phase: { ...ofSubscribers(server, SIZE.usual).phase, name }, floor: SIZE.usual };
}

/** Topics that somebody is subscribed to and nobody publishes to: each subscriber has its share of them, and nobody else's. */
function subscribedTopics(server: Server, topics: number): Variant {
  const name = `gateway, ${SIZE.usual} subscribers, ${topics} subscribed topics`;
  return { phase: { ...ofSubscribers(server, SIZE.usual).phase, name, idleTopics: topics / SIZE.usual }, floor: SIZE.usual };
}

function floor(server: Server, subscribers: number): Phase {
  return { ...BARE_COALESCING, name: floorName(subscribers), server, subscribers, ...LOAD };
}

function floorName(subscribers: number): string {
  return `${BARE_COALESCING.name}, ${subscribers} subscribers`;
}
