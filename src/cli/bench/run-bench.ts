import { BenchRun, type BenchSurroundings } from './bench-run.js';
import type { BenchPlan, ScenarioName } from './plan.js';
import type { BenchReport } from './report.js';
import { connect } from './scenarios/connect.js';
import { fanout } from './scenarios/fanout.js';
import { publish } from './scenarios/publish.js';
import { slow } from './scenarios/slow.js';
import { storm } from './scenarios/storm.js';

const SCENARIO_RUNS: Readonly<Record<ScenarioName, (run: BenchRun) => Promise<void>>> = { connect, fanout, publish, storm, slow };

const REMEDY = 'Give it a core of its own, a lower rate or more --processes.';

/** Runs one scenario to its end, or until it is interrupted, and reports what was measured until then. */
export async function runBench(scenario: ScenarioName, plan: BenchPlan, surroundings: BenchSurroundings): Promise<BenchReport> {
  const startedAt = Date.now();
  const began = performance.now();
  // A wrong key or a gateway that is away is told before anything else is tried.
  await surroundings.gateway.call({ path: 'topics?limit=1' });
  const run = new BenchRun(plan, surroundings);
  try {
    await run.start();
    await SCENARIO_RUNS[scenario](run);
  } catch (thrown) {
    // What was measured before is still worth its report.
    if (run.stages.length === 0) throw thrown;
    run.problems.push(`It broke off: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  } finally {
    await run.stop();
  }
  return {
    scenario,
    url: surroundings.gateway.url,
    started_at: startedAt,
    seconds: (performance.now() - began) / 1_000,
    interrupted: surroundings.interrupted.aborted,
    settings: { ...plan },
    stages: run.stages,
    node: run.node.problem === undefined ? { known: true } : { known: false, problem: run.node.problem },
    notes:
      run.late.length === 0 ? [] : [`The load itself was late (${run.late.join(', ')}): those latencies are partly its own. ${REMEDY}`],
    problems: run.problems,
  };
}
