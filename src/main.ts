import './no-proto.js';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApplication, type Gateway } from './application.js';
import { FIRST_OPERATOR, FirstOperator, OPERATOR_PASSWORD_FILE } from './auth/operators/first-operator.js';
import { Secrets } from './auth/secrets.js';
import { banner } from './banner.js';
import { Config } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { StorageStartError } from './storage/start-error.js';

const EXIT_CONFIG = 78;
const EXIT_FAILURE = 1;
const NODE_MAJOR = 24;
/** Signals that come within this time, in milliseconds, are one. */
const REPEATED_SIGNAL_MS = 500;

requireNode();
const config = loadConfig();
const gateway = await start(config);
const pidFile = join(config.server.dataDir, 'waybill.pid');
// Nothing else makes it where the database and the secrets are given.
mkdirSync(config.server.dataDir, { recursive: true });
writeFileSync(pidFile, `${process.pid}\n`);
process.stderr.write(welcome(gateway, config));

let stoppingSince: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stoppingSince ??= begin();
    // A second signal means: now. A terminal's Ctrl-C comes twice under npm, which hands on the one that every process got.
    if (performance.now() - stoppingSince > REPEATED_SIGNAL_MS) process.exit(EXIT_FAILURE);
  });
}

function begin(): number {
  void stop(gateway);
  return performance.now();
}

function requireNode(): void {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return;
  process.stderr.write(
    `Waybill needs Node ${NODE_MAJOR} or newer; this is ${process.version}. Start it with "npm start", which uses the Node that came with "npm ci".\n`,
  );
  process.exit(EXIT_FAILURE);
}

function loadConfig(): Config {
  try {
    return Config.load();
  } catch (error) {
    return fail(error);
  }
}

async function start(settings: Config): Promise<Gateway> {
  try {
    return await createApplication(settings);
  } catch (error) {
    return fail(error);
  }
}

async function stop(running: Gateway): Promise<void> {
  try {
    await running.close();
    rmSync(pidFile, { force: true });
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}

function welcome(running: Gateway, settings: Config): string {
  const password = running.app.get(FirstOperator, { strict: false }).generatedPassword;
  const file = join(settings.server.dataDir, OPERATOR_PASSWORD_FILE);
  return banner({
    port: running.port,
    opsPort: running.opsPort,
    console: settings.server.console,
    tls: { port: settings.tls.certFile !== undefined, opsPort: settings.tls.ops },
    apiKeyFile: settings.auth.apiKey === undefined ? join(settings.server.dataDir, 'api-key') : undefined,
    generatedApiKey: running.app.get(Secrets).generatedApiKey,
    operator: password === undefined ? undefined : { name: FIRST_OPERATOR, password, file },
    database: settings.storage.databaseUrl === undefined ? 'embedded' : 'external',
  });
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    process.stderr.write(`Waybill cannot start:\n${error.problems.map((problem) => `  - ${problem}`).join('\n')}\n`);
    process.exit(EXIT_CONFIG);
  }
  if (error instanceof StorageStartError) {
    process.stderr.write(`Waybill cannot start: ${error.message}\n`);
    process.exit(EXIT_FAILURE);
  }
  process.stderr.write(`Waybill cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(EXIT_FAILURE);
}
