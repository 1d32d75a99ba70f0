import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './config-error.js';

export const CONFIG_FILE = 'waybill.yaml';

/** Reads the YAML file that WAYBILL_CONFIG names, or `waybill.yaml` in the working directory where there is one. */
export function readConfigFile(env: Readonly<Record<string, string | undefined>>): unknown {
  const named = env['WAYBILL_CONFIG'];
  const path = named ?? CONFIG_FILE;
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (named === undefined && code === 'ENOENT') return {};
    if (named === undefined) throw new ConfigError([`${path}: cannot be read (${message}). Make it readable or remove it.`]);
    throw new ConfigError([`WAYBILL_CONFIG: ${path} cannot be read (${message}). Name an existing YAML file or unset it.`]);
  }
  return parseConfigFile(content, path);
}

/** The file's content as plain values. What is wrong is told by its place alone: the text around it may be a secret. */
export function parseConfigFile(content: string, path: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ConfigError([`${path}: not valid YAML at line ${line}, column ${col} (${error.code}). Correct the file there.`]);
  }
  try {
    return document.toJS();
  } catch {
    throw new ConfigError([
      `${path}: not valid YAML: an alias (*name) stands before its anchor (&name), or aliases are nested too often. Quote values that begin with *.`,
    ]);
  }
}
