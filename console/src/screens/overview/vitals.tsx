import type { Summary } from '../../api/summary.ts';
import { bytes, count, duration, NOTHING, percent } from '../../ui/format.ts';
import { counted } from '../../ui/words.ts';
import type { Figures } from './use-figures.ts';
import { Vital } from './vital.tsx';
import classes from './vitals.module.css';

/** From where an event loop's delay is felt by those who wait, milliseconds. */
const SLOW_LOOP_MS = 100;

/** What goes through all nodes now. */
export function Vitals({ figures, summary }: { readonly figures: Figures; readonly summary: Summary | undefined }) {
  const { now, times, series } = figures;
  const connections = now.connections ?? summary?.connections.open;
  const slow = now.slow_connections ?? summary?.connections.slow;
  const queued = now.queued_bytes ?? summary?.send_queue.bytes;
  const hour = summary?.loss.windows.find(({ window }) => window === '1h');
  const [queuedFigure = NOTHING, queuedUnit] = bytes(queued).split(' ');
  const [memoryFigure = NOTHING, memoryUnit] = bytes(now.rss_bytes).split(' ');
  const [p50, p50Unit] = inMs(now.p50_ms);
  const [loop, loopUnit] = inMs(now.loop_delay_p99_ms);
  return (
    <dl className={classes['vitals']} aria-label="Now">
      <Vital
        id="connections"
        name="Connections"
        figure={count(connections)}
        beside={`${count(now.connects_per_s)} in, ${count(now.disconnects_per_s)} out each second`}
        times={times}
        values={series.connections}
      />
      <Vital
        id="publishes"
        name="Published"
        figure={count(now.publishes_per_s)}
        unit="/s"
        beside={`${count(now.refused_publishes_per_s)} /s refused`}
        times={times}
        values={series.publishes_per_s}
      />
      <Vital
        id="deliveries"
        name="Delivered"
        figure={count(now.deliveries_per_s)}
        unit="/s"
        beside={`${perPublish(now.deliveries_per_s, now.publishes_per_s)} recipients for each publish`}
        times={times}
        values={series.deliveries_per_s}
      />
      <Vital
        id="latency"
        name="Publish to socket, median"
        figure={p50}
        unit={p50Unit}
        beside={`p99 ${duration(now.p99_ms)}`}
        times={times}
        values={series.p50_ms}
      />
      <Vital
        id="dropped"
        name="Dropped"
        figure={count(now.dropped_per_s)}
        unit="/s"
        beside={hour === undefined ? NOTHING : `${count(hour.dropped)} in the last hour`}
        tone={(now.dropped_per_s ?? 0) > 0 ? 'warn' : undefined}
        times={times}
        values={series.dropped_per_s}
      />
      <Vital
        id="queued"
        name="Queued for sockets"
        figure={queuedFigure}
        {...(queuedUnit === undefined ? {} : { unit: queuedUnit })}
        beside={slow === undefined ? NOTHING : counted(slow, 'slow consumer')}
        tone={(slow ?? 0) > 0 ? 'warn' : undefined}
        times={times}
        values={series.queued_bytes}
      />
      <Vital
        id="loop"
        name="Event loop delay, p99"
        figure={loop}
        unit={loopUnit}
        beside={`${percent(rounded(now.loop_utilization))} busy`}
        tone={(now.loop_delay_p99_ms ?? 0) >= SLOW_LOOP_MS ? 'warn' : undefined}
        times={times}
        values={series.loop_delay_p99_ms}
      />
      <Vital
        id="memory"
        name="Memory"
        figure={memoryFigure}
        {...(memoryUnit === undefined ? {} : { unit: memoryUnit })}
        beside={`heap ${bytes(now.heap_used_bytes)}`}
        times={times}
        values={series.rss_bytes}
      />
    </dl>
  );
}

function perPublish(deliveries: number | null | undefined, publishes: number | null | undefined): string {
  if (deliveries === null || deliveries === undefined || publishes === null || publishes === undefined || publishes === 0) return NOTHING;
  return (deliveries / publishes).toFixed(1);
}

/** Always in milliseconds, so that the unit does not change under the eye. */
function inMs(value: number | null | undefined): readonly [string, string] {
  if (value === null || value === undefined) return [NOTHING, 'ms'];
  return [value >= 100 ? count(value) : value.toFixed(1), 'ms'];
}

function rounded(share: number | null | undefined): number | undefined {
  return share === null || share === undefined ? undefined : Math.round(share * 100) / 100;
}
