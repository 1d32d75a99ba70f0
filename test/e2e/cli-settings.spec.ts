import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.js';
import { startGateway, TEST_API_KEY, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

/** The exit code and both outputs of one command. */
async function waybill(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const command = new CommandLine(['--url', `http://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, 'settings', ...argv]);
  return { code: await command.exit, out: command.out, err: command.err };
}

describe('waybill settings', () => {
  it('shows what is set, all there is, and one of them with its meaning', async () => {
    const { code, out } = await waybill();
    expect(code).toBe(0);
    expect(out).toMatch(/^SETTING +VALUE +UNIT +SOURCE +CHANGES\n/);
    expect(out).toMatch(/^server\.logLevel +error +- +environment +live$/m);
    expect(out).toMatch(/^auth\.jwtSecret +\[secret\] +\S+ +environment +-$/m);
    expect(out).not.toContain('gateway.frameBytes');
    expect((await waybill('list', '--all')).out).toMatch(/^gateway\.frameBytes +65536 +bytes +default +-$/m);
    expect((await waybill('list', '--all', '--live')).out).not.toContain('gateway.frameBytes');
    const one = await waybill('get', 'WAYBILL_TRACE_RATE');
    expect(one.out).toMatch(/^monitoring\.traceRate \(WAYBILL_TRACE_RATE\): Most handshakes.*\n {2}value +200\n {2}source +default\n/);
    expect(one.out).toContain('changes  while the gateway runs: waybill settings set');
    const none = await waybill('get', 'no.such');
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('There is no setting no.such')]);
  });

  it('changes, shows the difference, keeps the history and returns to it', async () => {
    const dry = await waybill('set', 'monitoring.traceRate', '50', '--dry-run');
    expect(dry).toEqual({
      code: 0,
      out: 'monitoring.traceRate: 200 (default) -> 50 (settings)\n',
      err: 'Nothing was changed: this was a dry run.\n',
    });
    const set = await waybill('set', 'monitoring.traceRate', '50', '--comment', 'too many');
    expect([set.code, set.err]).toEqual([0, 'Version 1 is in force.\n']);
    expect((await waybill('set', 'monitoring.traceRate', '50')).err).toBe('Nothing changes; the version is 1.\n');
    const list = await waybill('set', 'server.allowedOrigins', 'https://a.example,https://b.example', '--expect', '1');
    expect(list.out).toBe('server.allowedOrigins: [] (default) -> ["https://a.example","https://b.example"] (settings)\n');
    const late = await waybill('unset', 'monitoring.traceRate', '--expect', '1');
    expect([late.code, late.err]).toEqual([1, expect.stringContaining('CONFLICT: expected_version: the newest version is 2')]);
    const history = await waybill('history');
    expect(history.out).toMatch(/^2 +\S+ +key:bootstrap +\S.*server\.allowedOrigins=\["https:\/\/a\.example"/m);
    expect(history.out).toMatch(/^1 +\S+ +key:bootstrap +monitoring\.traceRate=50 +too many$/m);
    const back = await waybill('rollback', '0');
    expect([back.code, back.err]).toEqual([0, 'Version 3 is in force.\n']);
    expect(back.out).toBe(
      'monitoring.traceRate: 50 (settings) -> 200 (default)\nserver.allowedOrigins: ["https://a.example","https://b.example"] (settings) -> [] (default)\n',
    );
  });

  it('sets for a time, says when that ends, and warns of what would stay', async () => {
    const set = await waybill('set', 'server.logLevel', 'debug', '--for', '10m');
    expect(set.out).toMatch(/^server\.logLevel: error \(environment\) -> debug \(settings until 20\S+Z\)\n$/);
    expect(set.err).toMatch(/^Version \d+ is in force\.\n$/);
    expect((await waybill()).out).toMatch(/^server\.logLevel +debug +- +settings until 20\S+Z +live$/m);
    expect((await waybill('get', 'server.logLevel')).out).toMatch(/^ {2}source +settings until 20\S+Z$/m);
    expect((await waybill('history')).out).toMatch(/server\.logLevel=debug until 20\S+Z/);
    const lasting = await waybill('set', 'server.logLevel', 'debug');
    expect(lasting.err).toContain('It stays so until it is unset, also after a restart; --for 10m would end it by itself.');
    expect((await waybill('set', 'server.logLevel', 'warn')).err).not.toContain('It stays so');
    const wrong = await waybill('set', 'server.logLevel', 'debug', '--for', 'ever');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('It must be a time such as 90s, 10m, 2h or 1d.')]);
    await waybill('unset', 'server.logLevel');
  });

  it('says what is wrong', async () => {
    const port = await waybill('set', 'server.port', '1');
    expect([port.code, port.err]).toEqual([1, expect.stringContaining('is read at the start and not again. Set WAYBILL_PORT')]);
    const level = await waybill('set', 'server.logLevel', 'loud');
    expect([level.code, level.err]).toEqual([1, expect.stringContaining('"loud" must be one of trace, debug')]);
    expect((await waybill('rollback', 'yesterday')).code).toBe(2);
  });
});
