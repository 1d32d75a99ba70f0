import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { machineFindings } from './machine-findings.js';
import { type MachineValues, readMachine } from './machine-values.js';

const MIB = 1_048_576;
const SIZE = { maxConnections: 10_000, poolSize: 10, backlog: 4_096 };
const ROOMY: MachineValues = {
  openFiles: { soft: 65_536, hard: 65_536 },
  gatewayPid: undefined,
  somaxconn: 4_096,
  ports: { first: 32_768, last: 60_999 },
  twReuse: 2,
  conntrack: { count: 10, most: 262_144 },
  availableBytes: 8_000 * MIB,
};

/** What one check says of a machine that is roomy but for this. */
function finding(
  check: string,
  values: Partial<MachineValues>,
  size = SIZE,
): { readonly ok: boolean; readonly sentence: string } | undefined {
  return machineFindings({ ...ROOMY, ...values }, size).find((found) => found.check === check);
}

describe('what doctor finds of the machine', () => {
  it('is that it will do', () => {
    const found = machineFindings(ROOMY, SIZE);
    expect(found.map(({ check }) => check)).toEqual(['open files', 'backlog', 'ports', 'connection tracking', 'memory']);
    expect(found.every(({ ok }) => ok)).toBe(true);
  });

  it('is that nothing is known without /proc', () => {
    expect(machineFindings(undefined, SIZE)).toEqual([{ check: 'machine', ok: true, sentence: expect.stringContaining('no /proc') }]);
  });

  it.each([
    ['open files', { openFiles: { soft: 1_024, hard: 4_096 } }, /enough for 814 connections.*ulimit -n 10210 .*LimitNOFILE=10210/],
    [
      'open files',
      { openFiles: { soft: 10_209, hard: 10_209 }, gatewayPid: 77 },
      /^The gateway that runs here \(process 77\) may open 10209/,
    ],
    ['backlog', { somaxconn: 128 }, /holds 128 .* asks for 4096.*net\.core\.somaxconn=4096/],
    ['connection tracking', { conntrack: { count: 60_000, most: 65_536 } }, /follow 5536 more.*nf_conntrack_max=80000/],
    ['memory', { availableBytes: 500 * MIB }, /about 881 MiB, and 500 MiB are available\. Lower/],
  ] as const)('is that %s are too few: %o', (check, values, sentence) => {
    expect(finding(check, values)).toMatchObject({ ok: false, sentence: expect.stringMatching(sentence) });
  });

  it.each([
    ['open files', { openFiles: { soft: 10_210, hard: 10_210 } }, /enough for 10000 connections; it takes 10000 at most\.$/],
    ['open files', { openFiles: { soft: undefined, hard: undefined } }, /any number/],
    ['backlog', { somaxconn: 4_096 }, /as many as a gateway asks for/],
    ['ports', {}, /^A proxy or a load here has 28232 ports [^;]*$/],
    ['ports', { ports: { first: 50_000, last: 60_000 }, twReuse: 0 }, /10001 ports.*ip_local_port_range.*tcp_tw_reuse=1/],
  ] as const)('is what %s allow: %o', (check, values, sentence) => {
    expect(finding(check, values)).toMatchObject({ ok: true, sentence: expect.stringMatching(sentence) });
  });

  it('is left out where it cannot be known', () => {
    const unknown = { openFiles: undefined, somaxconn: undefined, ports: undefined, conntrack: undefined, availableBytes: undefined };
    expect(machineFindings({ ...ROOMY, ...unknown }, SIZE)).toEqual([]);
    expect(finding('memory', { gatewayPid: 77 })).toBeUndefined();
  });

  it('is how many connections fit where no limit is set', () => {
    const size = { ...SIZE, maxConnections: 0 };
    expect(finding('open files', { openFiles: { soft: 1_024, hard: 1_024 } }, size)).toMatchObject({
      ok: true,
      sentence: expect.stringContaining('enough for 814 connections.'),
    });
    expect(finding('memory', {}, size)).toBeUndefined();
  });
});

describe('readMachine', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'waybill-machine-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function files(texts: Readonly<Record<string, string>>): Promise<MachineValues | undefined> {
    for (const [path, text] of Object.entries(texts)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return readMachine(join(root, 'data'), join(root, 'proc'), join(root, 'cgroup'));
  }

  const limits = (soft: string): string =>
    `Limit                     Soft Limit           Hard Limit           Units\nMax open files            ${soft}   4096      files\n`;

  it('reads what the kernel says, and the limit of the gateway that runs', async () => {
    expect(
      await files({
        'proc/self/limits': limits('1024'),
        'proc/77/limits': limits('2048'),
        'data/waybill.pid': '77\n',
        'proc/sys/net/core/somaxconn': '128\n',
        'proc/sys/net/ipv4/ip_local_port_range': '32768\t60999\n',
        'proc/sys/net/ipv4/tcp_tw_reuse': '2\n',
        'proc/sys/net/netfilter/nf_conntrack_count': '5\n',
        'proc/sys/net/netfilter/nf_conntrack_max': '100\n',
        'proc/meminfo': 'MemTotal:  100 kB\nMemAvailable:         50 kB\n',
        'cgroup/memory.max': '40960\n',
        'cgroup/memory.current': '10240\n',
      }),
    ).toEqual({
      openFiles: { soft: 2_048, hard: 4_096 },
      gatewayPid: 77,
      somaxconn: 128,
      ports: { first: 32_768, last: 60_999 },
      twReuse: 2,
      conntrack: { count: 5, most: 100 },
      availableBytes: 30_720,
    });
  });

  it('takes its own limit where no gateway runs, and leaves out what is not there', async () => {
    const found = await files({ 'proc/self/limits': limits('unlimited'), 'data/waybill.pid': '77', 'cgroup/memory.max': 'max\n' });
    expect(found).toEqual({ openFiles: { soft: undefined, hard: 4_096 } });
  });

  it('is nothing without /proc', async () => {
    expect(await files({})).toBeUndefined();
  });
});
