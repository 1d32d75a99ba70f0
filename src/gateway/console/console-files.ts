import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the build puts the console; the same place from the sources and from the built program. */
export const CONSOLE_DIRECTORY = fileURLToPath(new URL('../../../console/dist/', import.meta.url));

/** Codings that the build writes beside each file, the smallest first (RFC 9110 section 8.4.1). */
const CODINGS = [
  { coding: 'br', extension: '.br' },
  { coding: 'gzip', extension: '.gz' },
] as const;

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** One file of the console as it is sent. */
export interface ConsoleFile {
  readonly type: string;
  readonly content: Buffer;
  /** The same, by coding. */
  readonly encoded: ReadonlyMap<string, Buffer>;
  readonly etag: string;
  /** Its name holds the hash of its content: it never changes. */
  readonly immutable: boolean;
}

/** Every file of the built console, by its path below `/console/`. Empty: it was not built. */
export async function readConsoleFiles(directory = CONSOLE_DIRECTORY): Promise<ReadonlyMap<string, ConsoleFile>> {
  const files = new Map<string, ConsoleFile>();
  for (const path of await pathsBelow(directory)) {
    const type = TYPES[extname(path)];
    if (type === undefined) continue;
    const name = relative(directory, path).split(sep).join('/');
    const content = await readFile(path);
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
    files.set(name, { type, content, encoded: await codingsOf(path), etag, immutable: name.startsWith('assets/') });
  }
  return files;
}

async function codingsOf(path: string): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const { coding, extension } of CODINGS) {
    const content = await readFile(path + extension).catch(() => undefined);
    if (content !== undefined) found.set(coding, content);
  }
  return found;
}

async function pathsBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** The best coding that `Accept-Encoding` allows; undefined: as it is. A weight of 0 refuses (RFC 9110 section 12.5.3). */
export function codingFor(accepted: string | undefined, file: ConsoleFile): string | undefined {
  if (accepted === undefined) return undefined;
  const allowed = new Set(
    accepted
      .split(',')
      .map((each) => each.trim().toLowerCase())
      .filter((each) => !/;\s*q=0(?:\.0{0,3})?$/.test(each))
      .map((each) => each.split(';')[0]?.trim()),
  );
  return [...file.encoded.keys()].find((coding) => allowed.has(coding) || allowed.has('*'));
}
