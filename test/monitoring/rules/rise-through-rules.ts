import type { Sample } from './exposition.js';
import { groupsOf } from './rule-files.js';

/** Every counter rises by its value each minute, as it would be scraped. */
function seriesOf(samples: readonly Sample[]): string {
  return samples
    .map(({ name, labels, value }) => {
      const inner = Object.entries({ ...labels, job: 'waybill', instance: 'a' }).map(([label, text]) => `${label}="${text}"`);
      return `      - series: '${name}{${inner.join(', ')}}'\n        values: 0+${value}x5\n`;
    })
    .join('');
}

/** A file for `promtool test rules`: what each recording rule must answer when the counters rose like this. */
export function promtoolTestOf(rules: string, samples: readonly Sample[], expected: Readonly<Record<string, number>>): string {
  const checks = Object.entries(expected).map(
    // promtool compares bit by bit, and the two add up in another order.
    ([record, value]) =>
      `      - expr: abs(${record} - ${value}) < bool 1e-9\n        eval_time: 5m\n        exp_samples: [{ labels: '{}', value: 1 }]\n`,
  );
  return `rule_files: [${JSON.stringify(rules)}]
group_eval_order: [${groupsOf(rules).join(', ')}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
${seriesOf(samples)}    promql_expr_test:
${checks.join('')}`;
}
