/** What is printed of a drain. */
export interface DrainProgress {
  readonly state: 'running' | 'drained' | 'stopping' | 'cancelled';
  readonly by?: string;
  readonly deadline_at: number;
  readonly connections: number;
  readonly closed: number;
  readonly cut_off: number;
  readonly left: number;
  readonly unanswered: number;
  readonly publishes_under_way: number;
}

/** What is printed of `GET ops/nodes/{node}/drain`. */
export interface DrainReport {
  readonly node: string;
  readonly drain: DrainProgress | null;
  readonly forecast: {
    readonly over_s: number;
    readonly deadline_s: number;
    readonly takes_s: number;
    readonly connections: number;
    readonly event_streams: number;
    readonly operators: number;
    readonly closes_per_s: number;
    readonly by_client: readonly { readonly client: string | null; readonly connections: number }[];
    readonly by_other_clients: number;
    readonly publishes_under_way: number;
    readonly losses: readonly { readonly connections: number; readonly says: string }[];
  } | null;
  readonly elsewhere: { readonly says: string };
}

export function forecastLines({ node, forecast, elsewhere }: DrainReport): readonly string[] {
  if (forecast === null) return [];
  const { connections, event_streams: streams, operators, takes_s: takes, deadline_s: deadline, publishes_under_way: publishes } = forecast;
  return [
    `Draining ${node} sends ${connections} connections away (${streams} event streams, ${operators} of operators, which come last), about ${forecast.closes_per_s} each second.`,
    `It takes about ${takes} s; who is left after ${deadline} s is cut off. ${publishes} publishes are under way and will finish.`,
    ...forecast.by_client.map(({ client, connections: count }) => `  ${count}  ${client ?? '(no name)'}`),
    ...(forecast.by_other_clients > 0 ? [`  ${forecast.by_other_clients}  others`] : []),
    ...forecast.losses.map(({ connections: count, says }) => `${count} ${says}.`),
    `Where to: ${elsewhere.says}.`,
  ];
}

export function progressLine(drain: DrainProgress): string {
  const { state, by, connections, closed, cut_off: cutOff, left, unanswered, publishes_under_way: publishes } = drain;
  const done = `${closed} of ${connections} have left${cutOff > 0 ? ` (${cutOff} cut off)` : ''}`;
  if (state === 'drained') return `Drained: ${done}. The node is empty and takes nobody: stop it, or take it back with --cancel.`;
  const rest = `${left} left, of which ${unanswered} do not answer the close; ${publishes} publishes under way`;
  const who = by === undefined ? 'the process ends' : `by ${by}`;
  return `${state} (${who}): ${done}, ${rest}; cut off at ${new Date(drain.deadline_at).toISOString()}.`;
}
