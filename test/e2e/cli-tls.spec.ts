import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../src/cli/bench/report.js';
import { put } from '../support/certificates.js';
import { CommandLine } from '../support/command-line.js';
import { TEST_API_KEY } from '../support/gateway.js';
import { Program } from '../support/program.js';
import { TlsGateway } from '../support/tls-gateway.js';

let gateway: TlsGateway;
let ca: string;
beforeAll(async () => {
  gateway = await TlsGateway.start({ WAYBILL_OPS_TLS: 'true' });
  ca = put(join(gateway.directory, 'authority.pem'), gateway.authority.certificate);
});
afterAll(() => gateway.stop());

function waybill(...words: readonly string[]): CommandLine {
  return new CommandLine(['--url', `https://127.0.0.1:${gateway.port}`, '--api-key', TEST_API_KEY, ...words]);
}

describe('the waybill command over TLS', () => {
  // In this order: what a process trusts, it trusts to its end.
  it('does not speak to a gateway whose authority it does not know', async () => {
    const command = waybill('token', '--user', 'alice');
    expect(await command.exit).toBe(3);
    expect(command.err).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE.*--ca/);
  });

  it('says so where the file of an authority is not one', async () => {
    const command = waybill('--ca', gateway.files.key, 'token', '--user', 'alice');
    expect([await command.exit, command.err]).toEqual([2, expect.stringContaining('--ca')]);
  });

  it('publishes and subscribes where --ca names the authority', async () => {
    const reader = waybill('--ca', ca, 'sub', 'chat.tls', '--user', 'bob', '--json');
    await reader.saysOf(/chat\.tls/);
    const writer = waybill('--ca', ca, 'pub', 'chat.tls', '{"n":1}', '--user', 'alice');
    expect([await writer.exit, writer.err]).toEqual([0, expect.anything()]);
    await reader.saysOf(/"n":1/, 'out');
    reader.interrupt();
    expect(await reader.exit).toBe(0);
  });

  it('benchmarks by TLS from several processes', async () => {
    Program.build();
    const words = [
      '--url',
      `https://127.0.0.1:${gateway.port}`,
      '--api-key',
      TEST_API_KEY,
      '--ca',
      ca,
      'bench',
      'connect',
      '--stages',
      '20',
    ];
    const options = ['--duration', '1', '--processes', '2', '--json', '--ops-url', `https://127.0.0.1:${gateway.gateway.opsPort}`];
    const { stdout } = await promisify(execFile)('node', ['bin/waybill.js', ...words, ...options]);
    expect((JSON.parse(stdout) as BenchReport).stages[0]?.figures['open']).toBe(20);
  });

  it('benchmarks sockets and REST by TLS', async () => {
    const opsUrl = `https://127.0.0.1:${gateway.gateway.opsPort}`;
    const command = waybill(
      '--ca',
      ca,
      'bench',
      'connect',
      '--stages',
      '20',
      '--duration',
      '1',
      '--rest',
      '10',
      '--json',
      '--ops-url',
      opsUrl,
    );
    expect([await command.exit, command.err]).toEqual([0, expect.anything()]);
    const { stages, problems, node } = (await command.json()) as BenchReport;
    expect([problems, node.known, stages[0]?.figures['open']]).toEqual([[], true, 20]);
  });
});

it("the operators' port speaks TLS by option, with the same certificate", async () => {
  const socket = await gateway.handshake({ port: gateway.gateway.opsPort });
  expect(socket.getPeerCertificate().subject.CN).toBe('waybill test');
  socket.destroy();
  await expect(fetch(`http://127.0.0.1:${gateway.gateway.opsPort}/readyz`)).rejects.toThrow('fetch failed');
});
