import { join } from 'node:path';
import type { BenchmarkOptions, Output, Stoppers } from '../rig/benchmark.ts';
import { firstRuns, readProfile } from '../rig/cpu-profile.ts';
import { shareTable } from '../rig/share-table.ts';
import { table } from '../rig/table.ts';
import { START } from './setup.ts';
import { StartedGateway } from './started-gateway.ts';

const TEXT_CHARACTERS = 100;
const FILES = 60;

/** Shows what the start waits for by what it logs, and where its time goes by V8's profile. */
export async function showProfile(directory: string, { settings }: BenchmarkOptions, output: Output, stoppers: Stoppers): Promise<void> {
  const dataDirectory = join(directory, 'profiled');
  for (const start of Object.values(START)) {
    const plain = await StartedGateway.spawn({ dataDirectory, settings });
    stoppers.add(() => plain.stop());
    const acceptedUs = await plain.firstConnection();
    await plain.stop();
    output.progress(`\n## ${start}\n\n${linesTable(plain, acceptedUs)}`);
  }
  const profileDirectory = join(directory, 'profile');
  const gateway = await StartedGateway.spawn({ dataDirectory, settings, profileDirectory });
  stoppers.add(() => gateway.stop());
  const to = await gateway.firstConnection();
  // The profile is written when the process ends.
  await gateway.stop();
  const { self, total, areas } = readProfile(profileDirectory, { from: gateway.spawnedUs, to });
  output.progress(`\n## ${START.second}, under the profiler\n\nThe main thread by part:\n\n${shareTable(areas)}`);
  const runs = firstRuns(profileDirectory, gateway.spawnedUs).map(([file, afterUs]) => [file, (afterUs / 1_000).toFixed(0)]);
  output.progress(`\nFiles of the project in the order in which they first ran:\n\n${table(['file', 'ms'], runs.slice(0, FILES))}`);
  output.progress(`\nFunctions by their own time:\n\n${shareTable(self)}`);
  output.progress(`\nFunctions of the project with all that they call:\n\n${shareTable(total)}`);
}

/** What the process wrote until the first connection, and when, in milliseconds after its spawn. */
function linesTable({ lines, spawnedUs }: StartedGateway, acceptedUs: number): string {
  const since = (atUs: number): string => ((atUs - spawnedUs) / 1_000).toFixed(0);
  const rows = lines.filter(({ atUs }) => atUs <= acceptedUs).map(({ atUs, text }) => [messageOf(text), since(atUs)]);
  return table(['what', 'ms'], [...rows, ['(the first connection is accepted)', since(acceptedUs)]]);
}

/** A log line's message; any other line as it is. */
function messageOf(text: string): string {
  try {
    const { msg = '', context = '' } = JSON.parse(text) as { readonly msg?: string; readonly context?: string };
    return `${context}: ${msg}`.slice(0, TEXT_CHARACTERS);
  } catch {
    return text.trim().slice(0, TEXT_CHARACTERS);
  }
}
