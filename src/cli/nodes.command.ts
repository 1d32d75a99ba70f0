import type { Command } from 'commander';
import type { MissingNode } from '../protocol/ops/missing-node.js';
import type { CommandContext } from './command-context.js';
import { FailedChecks } from './exit-codes.js';
import { table } from './table.js';

/** What is printed of `GET ops/nodes`. */
interface NodeList {
  readonly nodes: readonly NodeItem[];
  readonly missing: readonly MissingNode[];
}

interface NodeItem {
  readonly node: string;
  readonly region: string | null;
  readonly version: string;
  readonly started_at: number;
  readonly state: string;
  readonly parts: readonly {
    readonly name: string;
    readonly state: string;
    readonly detail?: string;
    readonly affects?: string;
    readonly since: number;
  }[];
  readonly connections: number;
  readonly limits: readonly { readonly name: string; readonly share: number }[];
  readonly event_loop: { readonly delay_p99_ms: number; readonly utilization: number };
  readonly memory: { readonly rss_bytes: number };
  readonly drain: { readonly state: string; readonly left: number } | null;
}

const MIB = 1_048_576;

export function addNodesCommand(program: Command, context: CommandContext): void {
  program
    .command('nodes')
    .description('List the nodes: state, what is wrong with each and what that affects, with the API key')
    .addHelpText(
      'after',
      `
Whichever node is asked asks all others. Exits with 1 where a node is not ready, is degraded, did not answer, or was lost lately.

Examples:
  waybill nodes
  waybill nodes --json`,
    )
    .action(async () => {
      const list = (await context.gateway().call({ path: 'ops/nodes' })) as NodeList;
      if (context.wantsJson()) context.terminal.json(list);
      else for (const line of linesOf(list)) context.terminal.result(line);
      const bad = list.nodes.filter(({ state }) => state !== 'ready').length + list.missing.length;
      if (bad > 0) throw new FailedChecks(bad, false);
    });
}

function linesOf({ nodes, missing }: NodeList): readonly string[] {
  return [
    ...table(
      ['NODE', 'STATE', 'CONNECTIONS', 'LOOP P99', 'LOOP BUSY', 'MEMORY', 'NEAREST LIMIT', 'UP SINCE', 'REGION', 'VERSION'],
      nodes.map(cells),
    ),
    ...nodes.flatMap(troublesOf),
    ...missing.map(({ node, says }) => `${node} ${says}.`),
  ];
}

function cells({
  node,
  region,
  version,
  started_at: since,
  state,
  connections,
  limits,
  event_loop: loop,
  memory,
  drain,
}: NodeItem): readonly string[] {
  const [nearest] = limits;
  return [
    node,
    drain === null ? state : `${drain.state}, ${drain.left} left`,
    String(connections),
    `${loop.delay_p99_ms} ms`,
    percent(loop.utilization),
    `${Math.round(memory.rss_bytes / MIB)} MiB`,
    nearest === undefined ? '-' : `${nearest.name} ${percent(nearest.share)}`,
    new Date(since).toISOString(),
    region ?? '-',
    version,
  ];
}

function troublesOf({ node, parts }: NodeItem): readonly string[] {
  return parts
    .filter(({ state }) => state !== 'ok')
    .flatMap(({ name, state, detail = 'no detail', affects = 'unknown', since }) => [
      `${node}: ${name} is ${state} since ${new Date(since).toISOString()}: ${detail}`,
      `  affects ${affects}`,
    ]);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
