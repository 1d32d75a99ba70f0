import { FanOutRig, fanNamespaces } from '../fan-out/fan-out-rig.ts';
import type { Goal } from '../fan-out/goals.ts';
import type { Phase } from '../fan-out/phase-runner.ts';
import { showProfile } from '../fan-out/profile.ts';
import { measureInTurns } from '../fan-out/turns.ts';
import type { Benchmark } from '../rig/benchmark.ts';

const LOAD = { dialect: 'gateway', subscribers: 1_000, inFlight: 8, payloadBytes: 100 } as const;

interface Variant {
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
}

const traced = (name: string, ratio: string): Variant => ({ name, settings: { WAYBILL_TRACE_RATIO: ratio } });
const OFF = traced('tracing off', '0');
const ONE_PERCENT = traced('tracing 1 %', '0.01');
const ALL = traced('tracing 100 %', '1');
/** All others keep receipts, as a gateway does by itself. It runs beside the one that it is compared with. */
const NO_LEDGER: Variant = {
  name: 'tracing off, ledger off',
  settings: { ...OFF.settings, WAYBILL_NAMESPACES: fanNamespaces({ ledger: 'off' }) },
};
const VARIANTS: readonly Variant[] = [NO_LEDGER, OFF, ONE_PERCENT, traced('tracing 10 %', '0.1'), ALL];
/** Those with a limit are of P6 in the project's design; the others are published beside them, and their price has none. */
const GOALS: readonly Goal[] = [
  { figure: 'serverCpu', upper: OFF.name, lower: NO_LEDGER.name, sign: '<=', wanted: 1.05 },
  { figure: 'serverCpu', upper: ONE_PERCENT.name, lower: OFF.name, sign: '<=', wanted: 1.03 },
  ...VARIANTS.slice(3).map(({ name }): Goal => ({ figure: 'serverCpu', upper: name, lower: OFF.name, sign: '<=', wanted: undefined })),
];

/** What tracing and the ledger cost: the fan-out of P1 with a gateway for each share of traced messages, and one that keeps no receipts. */
export const p6: Benchmark = async (options, output, stoppers) => {
  const rig = new FanOutRig(options, stoppers);
  if (options.profile) {
    const gateway = await rig.startGateway(ALL.settings);
    return showProfile(gateway, { name: ALL.name, server: gateway, ...LOAD }, rig.phaseRunner(), output);
  }
  const phases: Phase[] = [];
  for (const { name, settings } of VARIANTS) phases.push({ name, server: await rig.startGateway(settings), ...LOAD });
  await rig.describeMachine(output, []);
  await measureInTurns(rig.phaseRunner(), { phases, goals: GOALS }, options, output);
};
