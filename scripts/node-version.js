import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const REQUIRED = 24;
const PINNED = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

/**
 * Makes sure that the rest of a script runs on the Node the project is made for. npm scripts and npx already choose it; a
 * script started by path on an older Node is run again on the pinned one, or says what to do where that is not installed.
 *
 * @param {string} script path of the script that calls
 */
export function requireNode(script) {
  if (Number(process.versions.node.split('.')[0]) >= REQUIRED) return;
  if (!existsSync(PINNED)) {
    process.stderr.write(
      `Waybill needs Node ${REQUIRED} or newer, and this is ${process.version}. Run "npm ci" first: it brings the right Node along on Linux, ` +
        `and npm scripts then use it by themselves. Elsewhere install Node ${REQUIRED} from https://nodejs.org.\n`,
    );
    process.exit(1);
  }
  const { status } = spawnSync(PINNED, [script, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
