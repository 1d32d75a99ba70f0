/**
 * What a workload costs each part when its subscribers are spread at random over nodes: `npx node docs/scale/simulation.ts [nodes …]`.
 * Costs are measured ones (docs/scale/measured.ts); how they come together is what is simulated.
 */
import { pathToFileURL } from 'node:url';
import { type Costs, FULL } from './costs.ts';
import { MEASURED } from './measured.ts';
import { randomFrom } from './random.ts';
import { ratesOf, type Workload, WORKLOADS } from './workload.ts';

const US_PER_S = 1_000_000;
const SEED = 1;
/** From so many deliveries a second of one topic at one node on, messages of it leave together. */
const BUSY_PER_SECOND = 20_000;
const NODES = [1, 2, 4, 8, 16, 32] as const;

/** Cores that are busy, on average over time. */
export interface Load {
  readonly nodes: number;
  /** The busiest node. */
  readonly node: number;
  readonly redis: number;
  readonly database: number;
  /** Nodes that a message reaches, on average. */
  readonly reached: number;
  /** What is full; undefined: nothing is. */
  readonly full: 'a node' | 'Redis' | 'Postgres' | undefined;
}

/** Each subscriber is at any node, as a proxy that counts connections places them; each publish comes to any node. */
export function simulate(workload: Workload, nodes: number, costs: Costs): Load {
  const random = randomFrom(SEED);
  const rates = ratesOf(workload);
  const handed = workload.durable ? costs.redisMessage : costs.redisSequenced;
  const busy = new Float64Array(nodes);
  const here = new Uint32Array(nodes);
  const sums = { redis: 0, database: 0, reached: 0 };
  for (const rate of rates) {
    here.fill(0);
    for (let subscriber = 0; subscriber < workload.subscribers; subscriber += 1) here[Math.floor(random() * nodes)]! += 1;
    let reached = 0;
    for (const [node, subscribers] of here.entries()) {
      if (subscribers === 0) continue;
      reached += 1;
      const delivery = rate * subscribers > BUSY_PER_SECOND ? costs.deliveryBusy : costs.deliveryQuiet;
      busy[node]! += rate * (subscribers * delivery + (nodes > 1 ? costs.busIn : 0));
    }
    sums.reached += rate * reached;
    if (nodes > 1) sums.redis += rate * (handed + reached * costs.redisNode);
    if (workload.durable) sums.database += rate * costs.append;
  }
  const publishing = (workload.messagesPerSecond / nodes) * (costs.publish + (nodes > 1 ? costs.busOut : 0));
  const node = (Math.max(...busy) + publishing) / US_PER_S;
  const [redis, database] = [sums.redis / US_PER_S, sums.database / US_PER_S];
  const full = node > FULL ? 'a node' : redis > FULL ? 'Redis' : database > FULL ? 'Postgres' : undefined;
  return { nodes, node, redis, database, reached: sums.reached / workload.messagesPerSecond, full };
}

/** The tables of docs/scale.md. */
export function tables(costs: Costs, nodes: readonly number[] = NODES): string {
  return WORKLOADS.map((workload) => {
    const rows = nodes.map((count) => rowOf(simulate(workload, count, costs)));
    return [
      titleOf(workload),
      '',
      '| nodes | busiest node | Redis | Postgres | nodes that a message reaches | full |',
      '|--:|--:|--:|--:|--:|---|',
      ...rows,
    ].join('\n');
  }).join('\n\n');
}

function titleOf({ name, topics, subscribers, messagesPerSecond, durable }: Workload): string {
  const number = (value: number): string => value.toLocaleString('en-US');
  const connected = number(topics * subscribers);
  return `**${name}**: ${number(topics)} topics with ${number(subscribers)} subscribers each (${connected} subscriptions), ${number(messagesPerSecond)} ${durable ? 'stored ' : ''}messages a second`;
}

function rowOf({ nodes, node, redis, database, reached, full }: Load): string {
  const cores = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(2));
  return `| ${nodes} | ${cores(node)} | ${cores(redis)} | ${cores(database)} | ${reached.toFixed(1)} | ${full ?? ''} |`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const nodes = process.argv
    .slice(2)
    .map(Number)
    .filter((count) => Number.isSafeInteger(count) && count > 0);
  process.stdout.write(`${tables(MEASURED, nodes.length === 0 ? NODES : nodes)}\n`);
}
