import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codingFor, type ConsoleFile, readConsoleFiles } from './console-files.js';

let directory = '';
let files: ReadonlyMap<string, ConsoleFile>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'waybill-console-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<!doctype html>');
  await writeFile(join(directory, 'assets/a-1.js'), 'export {};');
  await writeFile(join(directory, 'assets/a-1.js.br'), 'b');
  await writeFile(join(directory, 'assets/a-1.js.gz'), 'g');
  await writeFile(join(directory, 'assets/a-1.js.map'), '{}');
  files = await readConsoleFiles(directory);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the files of the console', () => {
  it('are those of types a browser is sent, under their paths', () => {
    expect([...files.keys()].toSorted()).toEqual(['assets/a-1.js', 'index.html']);
    expect(files.get('assets/a-1.js')).toMatchObject({ type: 'text/javascript; charset=utf-8', immutable: true });
    expect(files.get('index.html')).toMatchObject({ immutable: false });
  });

  it('are none where nothing was built', async () => {
    expect((await readConsoleFiles(join(directory, 'nowhere'))).size).toBe(0);
  });

  it.each([
    [undefined, undefined],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['BR', 'br'],
    ['identity', undefined],
    ['*', 'br'],
    ['deflate', undefined],
  ])('go to one who accepts %s as %s', (accepted, coding) => {
    expect(codingFor(accepted, files.get('assets/a-1.js') as ConsoleFile)).toBe(coding);
  });

  it('go as they are where there is no smaller copy', () => {
    expect(codingFor('br, gzip', files.get('index.html') as ConsoleFile)).toBeUndefined();
  });
});
