import { Program } from '../../support/program.js';
import { Balancer } from './balancer.js';
import type { Build } from './build.js';
import { CREDENTIALS } from './credentials.js';
import { guardian } from './guardian.js';

type Settings = Readonly<Record<string, string>>;

export interface GatewaysOptions {
  readonly build: Build;
  readonly databaseUrl: string;
  readonly env?: Settings;
  /** How many; they need a Redis in `env` when there are several. Default: 1. */
  readonly nodes?: number;
  /** What is another one for each, counted from 0: its settings. */
  readonly nodeEnv?: (index: number) => Settings;
  /** Or the build that it runs. */
  readonly nodeBuild?: (index: number) => Pick<Build, 'directory'>;
  /** Most descriptors that one may have open. */
  readonly descriptors?: number;
}

/** The gateways of a trial as processes: one, or several behind a balancer. */
export class Gateways {
  private constructor(
    readonly programs: readonly Program[],
    private readonly balancer: Balancer | undefined,
  ) {}

  static async start(options: GatewaysOptions): Promise<Gateways> {
    const { nodes = 1 } = options;
    const programs: Program[] = [];
    const starts = await Promise.allSettled(
      Array.from({ length: nodes }, async (_, index) => {
        const program = await Program.start(programOptions(options, index));
        guardian.watch(program.pid);
        programs[index] = program;
      }),
    );
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(programs.filter((program) => program !== undefined).map((program) => program.dispose()));
      throw failed.reason;
    }
    return new Gateways(programs, nodes > 1 ? await Balancer.before(programs) : undefined);
  }

  get first(): Program {
    return this.at(0);
  }

  /** Where clients come in: at the balancer, or at the only node. */
  get port(): number {
    return this.balancer?.port ?? this.first.port;
  }

  /** What they printed, one after the other. */
  get output(): string {
    return this.programs.map(({ output }, index) => `== node-${index + 1}\n${output}`).join('\n');
  }

  at(index: number): Program {
    const program = this.programs[index];
    if (program === undefined) throw new Error(`there is no node ${index + 1}`);
    return program;
  }

  async launch(index: number): Promise<void> {
    const program = this.at(index);
    await program.launch();
    guardian.watch(program.pid);
  }

  async dispose(): Promise<void> {
    await this.balancer?.close();
    await Promise.all(
      this.programs.map(async (program) => {
        await program.kill9();
        await program.dispose();
      }),
    );
  }
}

function programOptions(options: GatewaysOptions, index: number): NonNullable<Parameters<typeof Program.start>[0]> {
  const { build, databaseUrl, descriptors, nodes = 1 } = options;
  const name: Settings = nodes > 1 ? { WAYBILL_NODE_ID: `node-${index + 1}` } : {};
  const env = {
    ...CREDENTIALS,
    DATABASE_URL: databaseUrl,
    WAYBILL_LOG_LEVEL: 'warn',
    ...name,
    ...options.env,
    ...options.nodeEnv?.(index),
  };
  const project = (options.nodeBuild?.(index) ?? build).directory;
  return { env, project, ...(descriptors === undefined ? {} : { descriptors }) };
}
