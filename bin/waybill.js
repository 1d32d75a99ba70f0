#!/usr/bin/env node
// Plain JavaScript that any Node since 12 can read, so that an old one gets a sentence instead of a syntax error.
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const major = Number(process.version.slice(1).split('.')[0]);
const program = new URL('../dist/cli/main.js', import.meta.url);
const build = new URL('../scripts/build.js', import.meta.url);

if (major < 24) {
  console.error(
    `waybill needs Node 24 or newer; this is ${process.version} (${process.execPath}).\n` +
      'In the project run it as `npx waybill …`, which uses the Node 24 that npm ci installed there, or install Node 24.',
  );
  process.exit(2);
}

if (!existsSync(program)) {
  if (!existsSync(build)) {
    console.error('waybill is not built: dist/cli/main.js is missing. Run `npm run build` in the project.');
    process.exit(2);
  }
  // Standard output belongs to the command that was asked for.
  const built = spawnSync(process.execPath, [fileURLToPath(build), '--if-stale'], { stdio: ['ignore', 2, 2] });
  if (built.status !== 0) {
    console.error('waybill could not be built; see above. Run `npm run build` in the project.');
    process.exit(2);
  }
}

await import(program.href);
