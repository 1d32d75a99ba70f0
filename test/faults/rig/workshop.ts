import { TestRedis } from '../../support/redis.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { Build, type Change } from './build.js';
import { PostgresProcess, type PostgresOptions } from './postgres-process.js';
import type { Random } from './random.js';
import { Trial, type TrialOptions } from './trial.js';

/** `short`: part of the test command. `long`: the times and amounts that the fault is defined with. */
export type Form = 'short' | 'long';

/** What a trial has from its workshop. */
type Made = 'name' | 'build' | 'databaseUrl' | 'random';

/** What one run of a fault is made of; everything is ended with it, last begun first. */
export class Workshop {
  private readonly ends: (() => Promise<void> | void)[] = [];

  constructor(
    readonly fault: string,
    readonly form: Form,
    readonly random: Random,
  ) {}

  /** One value for each form. */
  either<Value>(values: Readonly<Record<Form, Value>>): Value {
    return values[this.form];
  }

  onEnd(end: () => Promise<void> | void): void {
    this.ends.push(end);
  }

  async postgres(options: PostgresOptions = {}): Promise<PostgresProcess> {
    const server = await PostgresProcess.start(options);
    this.onEnd(() => server.dispose());
    return server;
  }

  async proxy(url: string): Promise<TcpProxy> {
    const proxy = await TcpProxy.before(url);
    this.onEnd(() => proxy.close());
    return proxy;
  }

  async redis(options: readonly string[] = []): Promise<TestRedis> {
    const redis = await TestRedis.start(options);
    this.onEnd(() => redis.stop());
    return redis;
  }

  /** A build of the program as it stands here, with these changes. */
  build(changes: readonly Change[] = []): Build {
    const build = Build.copy(changes);
    this.onEnd(() => build.remove());
    return build;
  }

  async trial(
    databaseUrl: string,
    { changes = [], ...options }: { readonly changes?: readonly Change[] } & Omit<TrialOptions, Made> = {},
  ): Promise<Trial> {
    const build = this.build(changes);
    const trial = await Trial.begin({ name: this.fault, build, databaseUrl, random: this.random, ...options });
    this.onEnd(() => trial.dispose());
    return trial;
  }

  async close(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
  }
}
