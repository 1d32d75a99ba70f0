import { FanOutRig } from '../fan-out/fan-out-rig.ts';
import type { Goal } from '../fan-out/goals.ts';
import type { Phase } from '../fan-out/phase-runner.ts';
import { showProfile } from '../fan-out/profile.ts';
import { measureInTurns } from '../fan-out/turns.ts';
import type { Benchmark } from '../rig/benchmark.ts';

const LOAD = { dialect: 'gateway', subscribers: 1_000, inFlight: 8, payloadBytes: 100 } as const;
const OFF = { name: 'tracing off', ratio: '0' } as const;
const ONE_PERCENT = { name: 'tracing 1 %', ratio: '0.01' } as const;
const ALL = { name: 'tracing 100 %', ratio: '1' } as const;
const VARIANTS = [OFF, ONE_PERCENT, { name: 'tracing 10 %', ratio: '0.1' }, ALL];
/** The first is of P6 in the project's design; the others are published beside it, and their price has no limit. */
const GOALS: readonly Goal[] = [
  { figure: 'serverCpu', upper: ONE_PERCENT.name, lower: OFF.name, sign: '<=', wanted: 1.03 },
  ...VARIANTS.slice(2).map(({ name }): Goal => ({ figure: 'serverCpu', upper: name, lower: OFF.name, sign: '<=', wanted: undefined })),
];

/** What tracing costs: the fan-out of P1 with a gateway for each share of traced messages. */
export const p6: Benchmark = async (options, output, stoppers) => {
  const rig = new FanOutRig(options, stoppers);
  if (options.profile) {
    const gateway = await rig.startGateway({ WAYBILL_TRACE_RATIO: ALL.ratio });
    return showProfile(gateway, { name: ALL.name, server: gateway, ...LOAD }, rig.phaseRunner(), output);
  }
  const phases: Phase[] = [];
  for (const { name, ratio } of VARIANTS) phases.push({ name, server: await rig.startGateway({ WAYBILL_TRACE_RATIO: ratio }), ...LOAD });
  await rig.describeMachine(output, []);
  await measureInTurns(rig.phaseRunner(), { phases, goals: GOALS }, options, output);
};
