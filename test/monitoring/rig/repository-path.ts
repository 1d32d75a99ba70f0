import { fileURLToPath } from 'node:url';

/** Path of a file of this project. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}
