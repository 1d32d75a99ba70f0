import { Logger } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { nodeIdOf } from '../config/node-id.js';
import { type SharedByWorkers, workerEnvironment } from '../config/worker-environment.js';
import { Log } from '../monitoring/logging/log.js';
import { type LogSink, standardOutput } from '../monitoring/logging/log-sink.js';
import { NestLogger } from '../monitoring/logging/nest-logger.js';
import { OpsServer } from '../monitoring/ops-server.js';
import { DatabaseServer } from '../storage/database-server.js';
import { WorkerPages } from './worker-pages.js';
import { type WorkerOwner, WorkerSlot } from './worker-slot.js';
import type { WorkerFacts } from './worker-words.js';

/** Beyond its drain a worker stores, records and closes, in milliseconds. */
const AFTER_DRAIN_MS = 15_000;

/** Several workers that serve one port. */
export interface RunningWorkers {
  readonly facts: WorkerFacts;
  readonly opsPort: number;
  stop(): Promise<void>;
}

/**
 * Runs `cluster.workers` processes behind one port: the kernel spreads connections over them (SO_REUSEPORT). What they share is run here: the
 * embedded database and the operators' port. Each worker is a node of its own, joined with the others by Redis.
 */
export class Supervisor implements WorkerOwner {
  private readonly logger = new Logger('Workers');
  private readonly database: DatabaseServer;
  private readonly slots: readonly WorkerSlot[];
  private readonly pages: WorkerPages;
  private readonly ops: OpsServer;
  private readonly sink: LogSink;
  private readonly node: string;
  /** Of the database, once it is known, and of the port, where any free one would do. */
  private shared: SharedByWorkers = {};

  constructor(private readonly config: Config) {
    this.sink = standardOutput(config);
    Logger.overrideLogger(new NestLogger(new Log(config, this.sink)));
    this.node = nodeIdOf(config);
    this.database = new DatabaseServer(config);
    this.slots = Array.from({ length: config.cluster.workers }, (_, index) => new WorkerSlot(String(index + 1), this));
    this.pages = new WorkerPages(this.slots);
    this.ops = new OpsServer(config, this.pages);
  }

  /** Throws where the first of them cannot start; nothing is left running then. */
  async start(): Promise<RunningWorkers> {
    try {
      this.shared = { databaseUrl: await this.database.start() };
      await this.ops.listen();
      const [first, ...others] = this.slots;
      if (first === undefined) throw new Error('there is at least one worker');
      // The first makes what is made once: tables, secrets, the first operator, and the port where any free one will do.
      const facts = await first.start();
      this.shared = { ...this.shared, port: facts.port };
      await Promise.all(others.map((slot) => slot.start()));
      this.logger.log(`${this.slots.length} workers serve port ${facts.port}`);
      return { facts, opsPort: this.ops.port, stop: () => this.stop() };
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  environmentOf(name: string): NodeJS.ProcessEnv {
    return workerEnvironment(`${this.node}-${name}`, this.shared);
  }

  wrote(line: string): void {
    this.sink.write(`${line}\n`);
  }

  left(name: string): void {
    this.pages.retire(name);
  }

  private async stop(): Promise<void> {
    const withinMs = this.config.gateway.drainTimeoutMs + AFTER_DRAIN_MS;
    await Promise.all(this.slots.map((slot) => slot.stop(withinMs)));
    await this.ops.close();
    await this.database.stop();
    await this.sink.close();
  }
}
