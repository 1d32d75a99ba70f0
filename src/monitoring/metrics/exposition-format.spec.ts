import { describe, expect, it } from 'vitest';
import { formatFor } from './exposition-format.js';

describe('formatFor', () => {
  it.each([
    ['', 'prometheus'],
    ['text/plain', 'prometheus'],
    ['*/*', 'prometheus'],
    ['application/json', 'prometheus'],
    ['application/openmetrics-text', 'openmetrics'],
    ['Application/OpenMetrics-Text; version=1.0.0', 'openmetrics'],
    // What Prometheus 2 and 3 ask with.
    [
      'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
      'openmetrics',
    ],
    [
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
      'openmetrics',
    ],
    ['text/plain;q=0.5, application/openmetrics-text;q=0.5', 'openmetrics'],
    ['text/plain;q=1,application/openmetrics-text;q=0', 'prometheus'],
    ['text/plain;q=0.9,application/openmetrics-text;q=0.1', 'prometheus'],
    ['text/*;q=0.2,*/*;q=0.9,application/openmetrics-text;q=0.5', 'openmetrics'],
    ['*/*;q=0.9,application/openmetrics-text;q=0.5', 'prometheus'],
    ['application/openmetrics-text;q=nonsense', 'prometheus'],
  ])('%s is answered with %s', (accept, format) => {
    expect(formatFor(accept)).toBe(format);
  });
});
