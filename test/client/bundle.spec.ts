import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isBuiltin } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { filesBelow } from '../../scripts/build/project.js';
import { importsOf } from '../../scripts/boundaries/imports.js';
import { type Bundle, bundle } from './bundle.js';

/** The whole client, minified and compressed as a web server would send it. */
const MOST_GZIP_BYTES = 12_500;

const PACKAGE = new URL('../../client/', import.meta.url);

interface PackageFile {
  readonly type: string;
  readonly sideEffects: boolean;
  readonly exports: Readonly<Record<string, Readonly<Record<'types' | 'default', string>>>>;
  readonly dependencies?: object;
}

const packageFile = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')) as PackageFile;

describe('the bundle of the whole client', () => {
  let whole: Bundle;

  beforeAll(async () => {
    whole = await bundle('whole-package');
  });

  it(`is below ${MOST_GZIP_BYTES} bytes, compressed`, () => {
    process.stdout.write(`    the client for browsers: ${whole.gzipBytes} bytes compressed, ${whole.code.length} minified\n`);
    expect(whole.code).toContain('waybill.v1');
    expect(whole.gzipBytes).toBeLessThan(MOST_GZIP_BYTES);
  });

  it('needs nothing else at run time, and nothing of Node', () => {
    expect(whole.imports).toEqual([]);
    expect(whole.code).not.toMatch(/\brequire\s*\(|["'`]node:|\bprocess\.|\bBuffer\b/);
  });

  it('brings nothing of the testing kit', () => {
    expect(whole.code).not.toMatch(/No client is connected|connection-\$\{|simulated/i);
  });
});

describe('what an application does not use', () => {
  it('is left out: of the codes alone no class of the client remains', async () => {
    const { code, imports } = await bundle('codes-only', { minify: false });
    expect(imports).toEqual([]);
    expect(code).toContain('4513');
    expect(code).toMatch(/\bmayReconnect\b/);
    expect(code).not.toMatch(/\bclass\b|WebSocket|setTimeout|fetch|UNKNOWN_OUTCOME/);
  });

  it('would be seen: of the whole client the classes remain', async () => {
    const { code } = await bundle('whole-package', { minify: false });
    expect(code).toMatch(/\bclass\b/);
    expect(code).toMatch(/\bUNKNOWN_OUTCOME\b/);
  });
});

describe('the package', () => {
  it('is ES modules without side effects and without dependencies', () => {
    expect(packageFile).toMatchObject({ type: 'module', sideEffects: false });
    expect(packageFile.dependencies).toBeUndefined();
  });

  it('has what its exports name, types and code', async () => {
    const targets = Object.values(packageFile.exports).flatMap(({ types, default: code }) => [types, code]);
    expect(targets).toHaveLength(4);
    for (const target of targets) expect(readFileSync(new URL(target, PACKAGE), 'utf8')).toContain('export');
    expect(Object.keys(await import('@waybill/client'))).toContain('WaybillClient');
    expect(Object.keys(await import('@waybill/client/testing'))).toContain('SimulatedGateway');
  });

  it('imports only its own modules, by their full names', () => {
    const folder = fileURLToPath(new URL('dist', PACKAGE));
    const files = filesBelow(folder).filter((path) => /\.(?:js|d\.ts)$/.test(path));
    expect(files.length).toBeGreaterThan(50);
    const foreign = files.flatMap((path) =>
      importsOf(path, readFileSync(path, 'utf8'))
        .map(({ specifier }) => specifier)
        .filter((specifier) => isBuiltin(specifier) || !/^\.\.?\/.*\.js$/.test(specifier)),
    );
    expect(foreign).toEqual([]);
  });
});
