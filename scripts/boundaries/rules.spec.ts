import { describe, expect, it } from 'vitest';
import { cyclesOf } from './cycles.ts';
import { PACKAGE_RULES, mayImport, nameOf } from './rules.ts';

describe('mayImport', () => {
  it.each([
    ['src/gateway/ws/connection.ts', 'src/messaging/subscriber.ts', true],
    ['src/gateway/ws/connection.ts', 'src/gateway/http/routes.ts', true],
    ['src/gateway/ws/connection.ts', 'src/storage/storage.module.ts', false],
    ['src/messaging/hub.ts', 'src/auth/principal.ts', true],
    ['src/messaging/hub.ts', 'src/auth/jwt-verifier.ts', false],
    ['src/messaging/hub.ts', 'src/broker/memory-broker.ts', false],
    ['src/messaging/messaging.module.ts', 'src/broker/memory-broker.ts', true],
    ['src/storage/postgres-message-log.ts', 'src/messaging/message-log.ts', true],
    ['src/storage/postgres-message-log.ts', 'src/messaging/hub.ts', false],
    ['src/monitoring/ops/x.controller.ts', 'src/auth/requires.ts', true],
    ['src/monitoring/ops/x.controller.ts', 'src/gateway/ws/connection.ts', false],
    ['src/protocol/codec.ts', 'src/config/config.ts', false],
    ['src/telemetry/telemetry.ts', 'src/protocol/error-codes.ts', true],
    ['src/telemetry/telemetry.ts', 'src/monitoring/tracing/tracing.ts', false],
    ['src/telemetry.ts', 'src/monitoring/tracing/tracing.ts', true],
    ['src/messaging/hub.ts', 'src/telemetry/telemetry.ts', true],
    ['src/messaging/hub.ts', 'src/telemetry.ts', false],
    ['src/main.ts', 'src/application.ts', true],
    ['src/nowhere/file.ts', 'src/protocol/codec.ts', undefined],
  ])('%s -> %s: %s', (source, target, expected) => {
    expect(mayImport(nameOf(source), nameOf(target))).toBe(expected);
  });
});

describe('PACKAGE_RULES', () => {
  it.each([
    ['@opentelemetry/api', 'src/gateway/ws/connection.ts', true],
    ['prom-client', 'src/messaging/publisher.ts', true],
    ['prom-client', 'src/monitoring/metrics/registry.ts', false],
    ['@opentelemetry/api', 'src/telemetry.ts', false],
    ['@opentelemetry/api', 'src/telemetry/telemetry.ts', true],
    ['pino', 'src/gateway/ws/connection.ts', false],
  ])('%s in %s is forbidden: %s', (name, path, forbidden) => {
    expect(PACKAGE_RULES.some(({ packages, allowed }) => packages.test(name) && !allowed.test(path))).toBe(forbidden);
  });
});

describe('cyclesOf', () => {
  const graph = (edges: Record<string, readonly string[]>) => new Map(Object.entries(edges));
  it.each([
    [{ a: ['b'], b: ['c'], c: [] }, []],
    [{ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }, []],
    [{ a: ['b'], b: ['a'] }, [['a', 'b']]],
    [{ a: ['a'] }, [['a']]],
    [{ a: ['b'], b: ['c'], c: ['b'], d: ['a'] }, [['b', 'c']]],
    [
      { a: ['b'], b: ['a'], c: ['d'], d: ['c'] },
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [{ a: ['outside'] }, []],
  ])('of %j are %j', (edges, expected) => {
    expect(cyclesOf(graph(edges))).toEqual(expected);
  });
});
