import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';

/** One thing that is checked, as a process of its own. */
export interface Step {
  readonly name: string;
  /** Arguments of Node: a script and its options. */
  readonly command: readonly string[];
  /** Steps that must have succeeded before this one is worth running. */
  readonly after?: readonly string[];
  /** `live`: printed while it runs; `always`: printed at its end; else printed only where it failed. */
  readonly output?: 'live' | 'always';
  /** `low`: with what other processes leave of the processor. Default: like others. */
  readonly priority?: 'low';
}

export interface StepResult {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'not run';
}

/** Where reports of steps go. */
export type Print = (text: string) => void;

/** Runs one step and reports it as soon as it has ended. */
export async function runStep(step: Step, env: NodeJS.ProcessEnv, print: Print): Promise<StepResult> {
  const started = performance.now();
  const live = step.output === 'live';
  const child = spawn(process.execPath, step.command, { env, stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'] });
  if (step.priority === 'low' && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      output += `${error.message}\n`;
      resolve(1);
    });
    child.once('close', (exitCode) => resolve(exitCode ?? 1));
  });
  const state = code === 0 ? 'passed' : 'failed';
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  print(`${state === 'passed' ? 'ok    ' : 'FAILED'}  ${step.name} (${seconds} s)\n`);
  if (output !== '' && (state === 'failed' || step.output === 'always')) print(output.replace(/\n?$/, '\n'));
  return { name: step.name, state };
}
