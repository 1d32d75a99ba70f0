import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PublicApi } from './api-model.js';
import { readApi } from './read-api.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-reference-'));
  await writeFile(join(folder, 'tsconfig.json'), '{"compilerOptions": {"strict": true, "target": "ES2023", "types": []}}');
});
afterEach(() => rm(folder, { recursive: true }));

async function read(...lines: readonly string[]): Promise<PublicApi | undefined> {
  const path = join(folder, 'index.ts');
  await writeFile(path, lines.join('\n'));
  return (await readApi(folder, { package: path }))[0];
}

describe('reading a public interface', () => {
  it('tells signatures, types and comments, by kind and name', async () => {
    const api = await read(
      '/** A place. */',
      'export interface Place<T = unknown> {',
      '  /** How far. */',
      '  readonly far?: T | undefined;',
      '  /** Goes on. */',
      '  move(by: number): void;',
      '}',
      '/** Ways. */',
      "export type Way = 'north' | 'south';",
      '/** Codes. */',
      'export const CODES = { a: 1 } as const;',
      '/** Finds one. */',
      "export const find = (way: Way, place: Place = {} as Place): Place => (way === 'north' ? place : place);",
    );
    expect(api?.items).toEqual([
      { kind: 'function', signature: '(way: Way, place?: Place): Place', head: { name: 'find', declared: 'find', doc: 'Finds one.' } },
      { kind: 'constant', value: { kind: 'entries', entries: [['a', '1']] }, head: { name: 'CODES', declared: 'CODES', doc: 'Codes.' } },
      {
        kind: 'interface',
        members: [
          { kind: 'property', name: 'far', type: 'T | undefined', optional: true, doc: 'How far.' },
          { kind: 'method', name: 'move', type: '(by: number): void', optional: false, doc: 'Goes on.' },
        ],
        head: { name: 'Place', declared: 'Place<T = unknown>', doc: 'A place.' },
      },
      { kind: 'type', text: "'north' | 'south'", head: { name: 'Way', declared: 'Way', doc: 'Ways.' } },
    ]);
  });

  it('has of a class what callers can reach, inherited members included', async () => {
    const api = await read(
      'abstract class Base<E> {',
      '  /** Listens. */',
      '  on(event: keyof E): void { void event; }',
      '  protected hidden(): void {}',
      '}',
      '/** A thing. */',
      'export class Thing extends Base<{ a: 1 }> {',
      '  #secret = 1;',
      '  private own = 2;',
      '  /** Counts. */ get count(): number { return this.#secret + this.own; }',
      '  /** @internal For the others of the package. */ between(): void {}',
      '  constructor(/** Its name. */ readonly name: string) { super(); }',
      '}',
    );
    expect(api?.items).toMatchObject([
      {
        kind: 'class',
        construct: '(name: string): Thing',
        members: [{ name: 'count' }, { name: 'name', doc: 'Its name.' }, { name: 'on', type: '(event: "a"): void' }],
      },
    ]);
  });

  it('names everything that has no comment', async () => {
    const reading = read(
      'export interface Place {',
      '  far: number;',
      '  /** Near. */',
      '  near: number;',
      '}',
      '/** Ways. */',
      'export type Way = 1;',
    );
    const path = relative('', join(folder, 'index.ts'));
    await expect(reading).rejects.toThrow(`Everything public needs a doc-comment. Without one: Place (${path}:1), Place.far (${path}:2).`);
  });
});
