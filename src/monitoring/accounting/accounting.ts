import type { Metrics } from '../metrics/metrics.js';

/** What became of the deliveries of a namespace since this node started: pairs of message and connection. */
export interface DeliveryBalance {
  readonly matched: number;
  readonly written: number;
  readonly dropped: number;
  /** Waits behind a slow socket now. */
  readonly queued: number;
  readonly unconfirmed: number;
  readonly not_written: number;
  /** Acknowledged by clients; counted besides. */
  readonly acked: number;
  /** matched - written - dropped - queued - unconfirmed - not_written. */
  readonly difference: number;
  readonly balanced: boolean;
}

/** What became of publishes at this node's doors. Those by SQL are counted where they are found. */
export interface PublishBalance {
  readonly accepted: number;
  /** Accepted before, under the same msg_id: nothing more was stored. */
  readonly repeated: number;
  /** accepted - repeated. */
  readonly stored: number;
  readonly refused: number;
  /** Whether these were stored, only a repeat with the same msg_id tells. */
  readonly unknown: number;
}

export interface NamespaceAccount {
  readonly namespace: string;
  readonly published: PublishBalance;
  readonly deliveries: DeliveryBalance;
}

/** Read in one turn of the event loop, so that the numbers belong together. */
export function accountOf(metrics: Metrics): readonly NamespaceAccount[] {
  const published = publishesOf(metrics);
  return metrics.namespaces.map((namespace) => ({
    namespace,
    published: published.get(namespace) ?? NO_PUBLISHES,
    deliveries: deliveriesOf(metrics, namespace),
  }));
}

export function deliveriesOf({ series }: Metrics, namespace: string): DeliveryBalance {
  const of = (result: string): number => series.deliveries.of(namespace, result).value;
  const [matched, written, dropped, unconfirmed, notWritten] = [
    of('matched'),
    of('written'),
    of('dropped'),
    of('unconfirmed'),
    of('not_written'),
  ];
  const queued = series.deliveriesQueued.of(namespace).value;
  const difference = matched - written - dropped - queued - unconfirmed - notWritten;
  return {
    matched,
    written,
    dropped,
    queued,
    unconfirmed,
    not_written: notWritten,
    acked: of('acked'),
    difference,
    balanced: difference === 0,
  };
}

/** Keeps the gauge that an alert reads. */
export function feedImbalance(metrics: Metrics): void {
  metrics.beforeRead(() => {
    for (const namespace of metrics.namespaces)
      metrics.series.deliveryImbalance.of(namespace).set(deliveriesOf(metrics, namespace).difference);
  });
}

const NO_PUBLISHES: PublishBalance = { accepted: 0, repeated: 0, stored: 0, refused: 0, unknown: 0 };

function publishesOf({ series, namespaces }: Metrics): ReadonlyMap<string, PublishBalance> {
  const sums = new Map(namespaces.map((namespace) => [namespace, { accepted: 0, refused: 0, unknown: 0 }]));
  for (const [[, namespace = '', result = ''], { value }] of series.publishes.cells()) {
    const sum = sums.get(namespace);
    if (sum !== undefined) sum[result === 'OK' ? 'accepted' : result === 'UNKNOWN_OUTCOME' ? 'unknown' : 'refused'] += value;
  }
  return new Map(
    [...sums].map(([namespace, sum]) => {
      const repeated = series.repeatedPublishes.of(namespace).value;
      return [namespace, { ...sum, repeated, stored: sum.accepted - repeated }];
    }),
  );
}
