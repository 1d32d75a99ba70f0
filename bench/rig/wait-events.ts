import type pg from 'pg';

const INTERVAL_MS = 20;
/** Backends that work, and what each waits for; one that waits for nothing is running, or wants a processor. */
const SAMPLE = `
select coalesce(wait_event_type || ': ' || wait_event, 'on the processor, or waiting for one') as what, count(*)::int as backends
  from pg_stat_activity
  where backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid()
  group by 1`;

/** What the database does, by looking at it many times a second: how many backends are at each thing on average. */
export class WaitEvents {
  private readonly client: pg.Client;
  private readonly seen = new Map<string, number>();
  private samples = 0;
  private running: Promise<void> | undefined;
  private goOn = false;

  constructor(client: pg.Client) {
    this.client = client;
  }

  start(): void {
    this.goOn = true;
    this.running = this.sample();
  }

  /** Answers rows of what was seen and the mean number of backends at it, the most frequent first. */
  async stop(): Promise<readonly (readonly [what: string, backends: number])[]> {
    this.goOn = false;
    await this.running;
    const rows = [...this.seen].map(([what, count]) => [what, count / this.samples] as const);
    return rows.sort(([, a], [, b]) => b - a);
  }

  private async sample(): Promise<void> {
    while (this.goOn) {
      const { rows } = await this.client.query<{ what: string; backends: number }>(SAMPLE);
      this.samples += 1;
      for (const { what, backends } of rows) this.seen.set(what, (this.seen.get(what) ?? 0) + backends);
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }
}
