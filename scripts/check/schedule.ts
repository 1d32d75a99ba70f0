import { type Print, type Step, type StepResult, runStep } from './step.ts';

/** Runs steps in their order, up to `width` at once; what waited for a step that did not succeed is not run. */
export async function runSteps(
  steps: readonly Step[],
  width: number,
  env: NodeJS.ProcessEnv,
  print: Print,
): Promise<readonly StepResult[]> {
  const results = new Map<string, StepResult>();
  const waiting = [...steps];
  const running = new Set<Promise<void>>();
  while (waiting.length > 0 || running.size > 0) {
    dropUnreachable(waiting, results, print);
    const index = waiting.findIndex((step) => (step.after ?? []).every((name) => results.get(name)?.state === 'passed'));
    if (index !== -1 && running.size < width) {
      const [step] = waiting.splice(index, 1) as [Step];
      const run: Promise<void> = runStep(step, env, print).then((result) => {
        results.set(step.name, result);
        running.delete(run);
      });
      running.add(run);
    } else if (running.size > 0) {
      await Promise.race(running);
    }
  }
  return steps.map(({ name }) => results.get(name) ?? { name, state: 'not run' });
}

function dropUnreachable(waiting: Step[], results: Map<string, StepResult>, print: Print): void {
  for (const step of [...waiting]) {
    const missing = (step.after ?? []).find((name) => results.has(name) && results.get(name)?.state !== 'passed');
    if (missing === undefined) continue;
    waiting.splice(waiting.indexOf(step), 1);
    results.set(step.name, { name: step.name, state: 'not run' });
    print(`--      ${step.name} (not run: ${missing} did not succeed)\n`);
  }
}
