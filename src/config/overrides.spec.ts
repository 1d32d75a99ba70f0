import { describe, expect, it } from 'vitest';
import { Config, ConfigError } from './config.js';
import { nodeIdOf } from './node-id.js';
import { PLACED_OPTIONS, soundOverrides } from './overrides.js';

function problemsOf(overrides: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    Config.from({}).withOverrides(overrides);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

describe('settings with overrides', () => {
  it('say of each value where it comes from', () => {
    const start = Config.from({ WAYBILL_LOG_LEVEL: 'warn', WAYBILL_TRACE_RATE: '7' }, { server: { port: 81 } });
    const config = start.withOverrides({ 'server.logLevel': 'debug', 'monitoring.traceRatio': 0.5 });
    expect(config.server).toMatchObject({ logLevel: 'debug', port: 81 });
    expect(config.monitoring).toMatchObject({ traceRatio: 0.5, traceRate: 7 });
    const sources = ['server.logLevel', 'monitoring.traceRatio', 'monitoring.traceRate', 'server.port', 'server.host'].map((path) =>
      config.sourceOf(path),
    );
    expect(sources).toEqual(['settings', 'settings', 'environment', 'file', 'default']);
    expect(start.server.logLevel).toBe('warn');
    expect(config.atStart).toBe(start);
  });

  it('stand on those of the start, not on one another', () => {
    const first = Config.from({}).withOverrides({ 'server.logLevel': 'debug' });
    const second = first.withOverrides({ 'monitoring.traceRatio': 1 });
    expect([second.server.logLevel, second.sourceOf('server.logLevel'), second.monitoring.traceRatio]).toEqual(['info', 'default', 1]);
    expect(second.atStart).toBe(first.atStart);
  });

  it('are those of the same node', () => {
    const start = Config.from({});
    const before = start.withOverrides({ 'server.logLevel': 'debug' });
    const id = nodeIdOf(before);
    expect([nodeIdOf(start), nodeIdOf(start.withOverrides({}))]).toEqual([id, id]);
  });

  it.each([
    [{ 'server.logLevel': 'loud' }, 'server.logLevel: "loud" must be one of trace, debug'],
    [{ 'monitoring.traceRatio': 2 }, 'monitoring.traceRatio: 2 must be a number from 0 to 1. Share of'],
    [{ 'server.port': 1 }, 'server.port: is read at the start and not again. Set WAYBILL_PORT'],
    [{ 'auth.jwtSecret': 'hush' }, 'auth.jwtSecret: is read at the start and not again.'],
    [{ 'server.logLevl': 'info' }, 'server.logLevl: no such option; did you mean server.logLevel.'],
    [{ server: {} }, 'server: no such option'],
    [JSON.parse('{"__proto__":{"a":1}}') as object, '__proto__: no such option'],
    [{ 'constructor.name': 1 }, 'constructor.name: no such option'],
  ])('refuse %j', (overrides, sentence) => {
    const [first, ...others] = problemsOf(overrides as Readonly<Record<string, unknown>>);
    expect(first).toContain(sentence);
    expect(others).toEqual([]);
  });

  it('keep what is sound of what another version stored', () => {
    const stored = { 'server.logLevel': 'debug', 'gone.option': 1, 'monitoring.traceRatio': 'much' };
    const { sound, problems } = soundOverrides(Config.from({}), stored);
    expect(sound).toEqual({ 'server.logLevel': 'debug' });
    expect(problems).toHaveLength(2);
  });

  it('hold no secret: none of those may change while the program runs', () => {
    expect(PLACED_OPTIONS.filter(({ option }) => option.live && option.secret)).toEqual([]);
  });
});
