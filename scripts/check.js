/** The test command: everything that has to hold before a change is accepted. Plain JavaScript, so that any Node can say what it lacks. */
import { fileURLToPath } from 'node:url';
import { requireNode } from './node-version.js';

requireNode(fileURLToPath(import.meta.url));
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await import('./check/run.ts');
