import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where administrators' programs are that a user's PATH may leave out. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin'];

/** Path of a program of this machine; undefined where it is not installed. */
export function installedProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders.map((folder) => join(folder, name)).find((path) => isThere(path, constants.X_OK));
}

/** The first of these files that is there. */
export function installedFile(paths: readonly string[]): string | undefined {
  return paths.find((path) => isThere(path, constants.R_OK));
}

function isThere(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}
