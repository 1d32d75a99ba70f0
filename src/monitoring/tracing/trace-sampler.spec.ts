import { INVALID_SPAN_CONTEXT, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { FollowingSampler, type RootClass, RootSampler, TAKEN } from './trace-sampler.js';
import { parseTraceparent } from './traceparent.js';

function samplerAt(rules: { ratio: number; rate: number }, random = 0.999) {
  const clock = { now: 0 };
  return {
    clock,
    sampler: new RootSampler(
      rules,
      () => clock.now,
      () => random,
    ),
  };
}

function countTaken(sampler: RootSampler, root: RootClass, times: number): number {
  return Array.from({ length: times }, () => sampler.takes(root)).filter(Boolean).length;
}

describe('RootSampler', () => {
  it('takes every connection up to the rate, then by ratio, and again when time has passed', () => {
    const { clock, sampler } = samplerAt({ ratio: 0, rate: 200 });
    expect(countTaken(sampler, 'connection', 1_000)).toBe(200);
    clock.now += 500;
    expect(countTaken(sampler, 'connection', 1_000)).toBe(100);
    clock.now += 60_000;
    expect(countTaken(sampler, 'connection', 1_000)).toBe(200);
  });

  it('falls back to the ratio beyond the rate', () => {
    const { sampler } = samplerAt({ ratio: 0.5, rate: 1 }, 0.4);
    expect(countTaken(sampler, 'connection', 100)).toBe(100);
    const unlucky = samplerAt({ ratio: 0.5, rate: 1 }, 0.6).sampler;
    expect(countTaken(unlucky, 'connection', 100)).toBe(1);
  });

  it('takes one command and one message a second of a quiet system', () => {
    const { clock, sampler } = samplerAt({ ratio: 0.01, rate: 0 });
    expect(countTaken(sampler, 'command', 50)).toBe(1);
    expect(countTaken(sampler, 'message', 50)).toBe(1);
    clock.now += 1_000;
    expect(countTaken(sampler, 'command', 50)).toBe(1);
  });

  it('takes the share of the ratio', () => {
    const sampler = new RootSampler({ ratio: 0.25, rate: 0 });
    const taken = countTaken(sampler, 'message', 20_000);
    expect(taken).toBeGreaterThan(4_400);
    expect(taken).toBeLessThan(5_600);
  });

  it.each(['command', 'message'] as const)('takes no %s at a ratio of 0 and every one at 1', (root) => {
    expect(countTaken(samplerAt({ ratio: 0, rate: 10 }).sampler, root, 10)).toBe(0);
    expect(countTaken(samplerAt({ ratio: 1, rate: 0 }).sampler, root, 10)).toBe(10);
  });
});

describe('FollowingSampler', () => {
  const sampler = new FollowingSampler();
  const remote = (flags: string) => {
    const parent = parseTraceparent(`00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`);
    return trace.setSpanContext(ROOT_CONTEXT, parent ?? INVALID_SPAN_CONTEXT);
  };

  it.each([
    { what: 'a root that was not taken', context: ROOT_CONTEXT, decision: SamplingDecision.NOT_RECORD },
    { what: 'a root that was taken', context: ROOT_CONTEXT.setValue(TAKEN, true), decision: SamplingDecision.RECORD_AND_SAMPLED },
    { what: 'a child of a traced span', context: remote('01'), decision: SamplingDecision.RECORD_AND_SAMPLED },
    { what: 'a child of an untraced span', context: remote('00'), decision: SamplingDecision.NOT_RECORD },
    {
      what: 'a child of an untraced span under our mark',
      context: remote('00').setValue(TAKEN, true),
      decision: SamplingDecision.NOT_RECORD,
    },
  ])('decides about $what', ({ context, decision }) => {
    expect(sampler.shouldSample(context).decision).toBe(decision);
  });
});
