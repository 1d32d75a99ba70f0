import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { toolPath } from '../../../test/support/tools.js';
import { Config } from '../../config/config.js';
import { Metrics } from './metrics.js';

/** A name of the runtime's library, and the only thing the linter may find fault with. */
const NOT_OURS = "nodejs_eventloop_utilization_histogram metric name should not include type 'histogram'";

describe('the scraped text', () => {
  it('passes the linter of Prometheus', async () => {
    const metrics = new Metrics(Config.from({}));
    metrics.series.httpRequestDuration.of('GET', '/api/v1/topics', '2xx').observe(0.01);
    const checked = spawnSync(toolPath('prometheus', 'promtool'), ['check', 'metrics'], {
      input: await metrics.render('prometheus'),
      encoding: 'utf8',
    });
    expect(`${checked.stdout}${checked.stderr}`.trim()).toBe(NOT_OURS);
  });
});
