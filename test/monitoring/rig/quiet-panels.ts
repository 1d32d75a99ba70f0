import type { PanelQuery } from './panels.js';

/** Queries that find nothing at a gateway alone on a machine, and why; the reason is read by whoever wonders what is not tried. */
interface Quiet {
  readonly reason: string;
  readonly is: (query: PanelQuery) => boolean;
}

const reads =
  (pattern: RegExp) =>
  ({ expression }: PanelQuery): boolean =>
    pattern.test(expression);

const QUIET: readonly Quiet[] = [
  { reason: 'no collector runs beside this gateway', is: reads(/\b(?:otelcol_|traces_span_metrics_)|job="otel-collector"/) },
  { reason: 'node_exporter does not run beside it', is: reads(/\bnode_\w+/) },
  { reason: 'no alert fires while all is well', is: reads(/\bALERTS\b/) },
  { reason: 'this gateway is not drained', is: reads(/\bwaybill_drain_state\{[^}]*\}\) > 0$/) },
  { reason: 'no node is started again', is: reads(/\bchanges\(process_start_time_seconds\b/) },
  { reason: 'no request fails by the fault of the server', is: reads(/\bhttp_server_\w+\{[^}]*status="5xx"/) },
  { reason: 'this gateway speaks no TLS', is: reads(/\bwaybill_tls_/) },
];

/** Why a query need not find anything here; undefined: it must. */
export function reasonForQuiet(query: PanelQuery): string | undefined {
  return QUIET.find(({ is }) => is(query))?.reason;
}
