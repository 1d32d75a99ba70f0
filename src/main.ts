import './no-proto.js';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApplication, type Gateway } from './application.js';
import { FIRST_OPERATOR, FirstOperator, OPERATOR_PASSWORD_FILE } from './auth/operators/first-operator.js';
import { Secrets } from './auth/secrets.js';
import { banner } from './banner.js';
import { Config } from './config/config.js';
import { Health } from './monitoring/health/health.js';
import { Metrics } from './monitoring/metrics/metrics.js';
import { EXIT_FAILURE, fail } from './start-failure.js';
import { stopOnSignals } from './stop-signals.js';
import { Supervisor } from './workers/supervisor.js';
import { isWorker, WorkerLink } from './workers/worker-link.js';
import type { WorkerFacts } from './workers/worker-words.js';

const NODE_MAJOR = 24;

requireNode();
try {
  const config = Config.load();
  if (isWorker()) await runWorker(config);
  else if (config.cluster.workers > 1) await runWorkers(config);
  else await runAlone(config);
} catch (error) {
  fail(error);
}

async function runAlone(config: Config): Promise<void> {
  const gateway = await createApplication(config);
  stopOnSignals(withPidFile(config, () => gateway.close()));
  process.stderr.write(welcome(factsOf(gateway), gateway.opsPort, config));
}

/** One of several behind a port: its supervisor speaks for it. */
async function runWorker(config: Config): Promise<void> {
  const gateway = await createApplication(config);
  const [health, metrics] = [gateway.app.get(Health), gateway.app.get(Metrics)];
  const stop = stopOnSignals(() => gateway.close());
  WorkerLink.begin(factsOf(gateway), async () => ({ health: health.report(), metrics: await metrics.values() }), stop);
}

async function runWorkers(config: Config): Promise<void> {
  const running = await new Supervisor(config).start();
  stopOnSignals(withPidFile(config, () => running.stop()));
  process.stderr.write(welcome(running.facts, running.opsPort, config));
}

function requireNode(): void {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return;
  process.stderr.write(
    `Waybill needs Node ${NODE_MAJOR} or newer; this is ${process.version}. Start it with "npm start", which uses the Node that came with "npm ci".\n`,
  );
  process.exit(EXIT_FAILURE);
}

/** Writes the file that names this process; it goes when the program has stopped. */
function withPidFile(config: Config, stop: () => Promise<void>): () => Promise<void> {
  const file = join(config.server.dataDir, 'waybill.pid');
  // Nothing else makes it where the database and the secrets are given.
  mkdirSync(config.server.dataDir, { recursive: true });
  writeFileSync(file, `${process.pid}\n`);
  return async () => {
    await stop();
    rmSync(file, { force: true });
  };
}

function factsOf({ app, port }: Gateway): WorkerFacts {
  return {
    port,
    generatedApiKey: app.get(Secrets).generatedApiKey,
    generatedPassword: app.get(FirstOperator, { strict: false }).generatedPassword,
  };
}

function welcome({ port, generatedApiKey, generatedPassword: password }: WorkerFacts, opsPort: number, settings: Config): string {
  const file = join(settings.server.dataDir, OPERATOR_PASSWORD_FILE);
  return banner({
    port,
    opsPort,
    console: settings.server.console,
    tls: { port: settings.tls.certFile !== undefined, opsPort: settings.tls.ops },
    apiKeyFile: settings.auth.apiKey === undefined ? join(settings.server.dataDir, 'api-key') : undefined,
    generatedApiKey,
    operator: password === undefined ? undefined : { name: FIRST_OPERATOR, password, file },
    database: settings.storage.databaseUrl === undefined ? 'embedded' : 'external',
    workers: settings.cluster.workers,
  });
}
