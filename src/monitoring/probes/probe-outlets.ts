import type { AuditTrail } from '../../audit/audit-trail.js';
import type { GatewayControl } from '../../messaging/gateway-control.js';
import type { ProbeTopic } from '../../messaging/probe-topic.js';
import type { Log } from '../logging/log.js';
import type { Metrics } from '../metrics/metrics.js';
import type { KeptEvent } from './event-ring.js';
import { type Probe, PROBE_ENDS, type ProbeEnd, type ProbeListener } from './probe.js';

/** What the probes of a running program reach and tell. */
export class ProbeOutlets implements ProbeListener {
  constructor(
    /** Where the connections of this node are found. */
    readonly gateway: Pick<GatewayControl, 'watchables'>,
    private readonly topic: Pick<ProbeTopic, 'tell'>,
    private readonly audit: AuditTrail,
    private readonly metrics: Metrics,
    private readonly log: Log,
  ) {}

  /** The topic never carries payloads: whoever listens there is not asked for more than the scope. */
  recorded({ start }: Probe, { kind, text }: KeptEvent): void {
    this.metrics.series.probeEvents.of('recorded').add(1);
    this.topic.tell(start.id, kind, text);
  }

  skipped(events: number): void {
    this.metrics.series.probeEvents.of('skipped').add(events);
  }

  /** Who asked for payloads is on record; so is until when they were shown. */
  ended({ start, records, skipped }: Probe, why: ProbeEnd): void {
    this.log.info({ event: 'probe.ended', probe: start.id, why, records, skipped }, `a probe ended: ${PROBE_ENDS[why]}`);
    if (!start.payload) return;
    const entry = {
      actor: 'system',
      action: 'probe.payload_end',
      target: start.id,
      result: 'OK',
      address: undefined,
      traceId: undefined,
    } as const;
    // The trail logs what it cannot store.
    this.audit.record({ ...entry, after: { reason: why, records, started_by: start.createdBy } }).catch(() => undefined);
  }
}
