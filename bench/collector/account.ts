import type { GatewayProcess } from '../rig/gateway-process.ts';
import { table } from '../rig/table.ts';

const PUBLISHES = 'waybill_publishes_total{source="socket",namespace="fan",result="OK"}';
const DELIVERIES = 'waybill_fanout_duration_seconds_count';
const HANDSHAKES = 'waybill_handshakes_total{result="OK"}';
const SUBSCRIBES = 'waybill_commands_total{action="topic.subscribe",result="OK"}';
const lost = (reason: string): string => `waybill_telemetry_dropped_total{signal="traces",reason="${reason}"}`;

/**
 * Whether what was lost is what is missing. A publish and a delivery make a span each, a connection one for its handshake and one for its
 * close, a subscribe one; nothing else happens in this run.
 */
export async function spanAccount(gateway: GatewayProcess, taken: number): Promise<string> {
  const [publishes = 0, deliveries = 0, handshakes = 0, subscribes = 0, full = 0, failed = 0] = await gateway.metrics([
    PUBLISHES,
    DELIVERIES,
    HANDSHAKES,
    SUBSCRIBES,
    lost('queue_full'),
    lost('export_failed'),
  ]);
  const made = publishes + deliveries + 2 * handshakes + subscribes;
  const rows = [
    ['made: of publishes, deliveries, handshakes, closes and subscribes', made],
    ['taken by the collector', taken],
    ['counted as lost: queue_full', full],
    ['counted as lost: export_failed', failed],
    ['missing without being counted', made - taken - full - failed],
  ] as const;
  return table(
    ['spans', 'number'],
    rows.map(([name, number]) => [name, String(number)]),
  );
}
