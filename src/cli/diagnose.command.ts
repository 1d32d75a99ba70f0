import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { EventLoopReport } from '../protocol/ops/event-loop-answer.js';
import { wholeNumber } from './arguments.js';
import type { CommandContext } from './command-context.js';
import { confirm } from './confirm.js';
import { loopLines } from './loop-lines.js';

/** Beside the time that was asked for: a large heap takes long to write and to send. */
const PATIENCE_MS = 300_000;
const KIB = 1_024;

interface FileOptions {
  readonly out?: string;
  readonly seconds: number;
  readonly yes?: boolean;
}

export function addDiagnoseCommand(program: Command, context: CommandContext): void {
  const diagnose = program
    .command('diagnose')
    .description('Look into a live node: its event loop, its CPU time, its heap')
    .addHelpText(
      'after',
      `
Where a node leaks, stalls or is too busy; docs/diagnosis.md says what to look for. Profiles and snapshots are fetched, and stay in
the node's data directory too, in diagnosis/, the last ten of them.

Examples:
  waybill diagnose loop --seconds 10
  waybill diagnose cpu --seconds 20 --out busy.cpuprofile
  waybill diagnose heap --yes`,
    );
  addLoopCommand(diagnose, context);
  addCpuCommand(diagnose, context);
  addHeapCommand(diagnose, context);
}

function addLoopCommand(diagnose: Command, context: CommandContext): void {
  diagnose
    .command('loop')
    .description('Watch the event loop for a while: how late it is, garbage collection, what is open, heap spaces')
    .option('--seconds <number>', 'how long, at most 60', wholeNumber, 5)
    .action(async ({ seconds }: { readonly seconds: number }) => {
      const request = { path: `ops/diagnostics/event-loop?seconds=${seconds}`, timeoutMs: seconds * 1_000 + PATIENCE_MS };
      const report = (await context.gateway().call(request)) as EventLoopReport;
      if (context.wantsJson()) return context.terminal.json(report);
      for (const line of loopLines(report)) context.terminal.result(line);
    });
}

function addCpuCommand(diagnose: Command, context: CommandContext): void {
  diagnose
    .command('cpu')
    .description('Take a CPU profile; open it in Chrome DevTools, Performance')
    .option('--seconds <number>', 'how long, at most 60', wholeNumber, 10)
    .option('--out <file>', 'where to; default: waybill-<time>.cpuprofile here')
    .action(async ({ seconds, out = nameOf('cpuprofile') }: FileOptions) => {
      await fetchFile(context, `ops/diagnostics/cpu-profile?seconds=${seconds}`, out, seconds);
    });
}

function addHeapCommand(diagnose: Command, context: CommandContext): void {
  diagnose
    .command('heap')
    .description('Take a heap snapshot; open it in Chrome DevTools, Memory. The node does nothing else meanwhile')
    .option('--out <file>', 'where to; default: waybill-<time>.heapsnapshot here')
    .option('--yes', 'do not ask')
    .action(async ({ out = nameOf('heapsnapshot'), yes }: FileOptions) => {
      if (yes !== true) {
        context.terminal.say(
          'The node stands still while it writes its heap: for seconds where that is large, and its clients with it. It needs as much memory again. The file holds secrets and messages.',
        );
        await confirm(context);
      }
      await fetchFile(context, 'ops/diagnostics/heap-snapshot', out, 0, { confirm: true });
    });
}

async function fetchFile(context: CommandContext, path: string, out: string, seconds: number, body?: unknown): Promise<void> {
  const timeoutMs = seconds * 1_000 + PATIENCE_MS;
  const headers = await context.gateway().download({ method: 'POST', path, timeoutMs, ...(body === undefined ? {} : { body }) }, out);
  const { size } = await stat(out);
  const stoppedMs = Number(headers.get('x-waybill-stopped-ms') ?? 0);
  if (context.wantsJson())
    return context.terminal.json({ file: resolve(out), bytes: size, node_file: headers.get('x-waybill-file'), stopped_ms: stoppedMs });
  context.terminal.result(resolve(out));
  context.terminal.say(
    `${Math.ceil(size / KIB)} KiB${stoppedMs === 0 ? '' : `; the node stood still for ${(stoppedMs / 1_000).toFixed(1)} s`}; on the node it is ${headers.get('x-waybill-file') ?? '?'}`,
  );
}

function nameOf(extension: string): string {
  return `waybill-${new Date().toISOString().replaceAll(/[:.]/g, '-')}.${extension}`;
}
