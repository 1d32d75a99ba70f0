import type { DataSource } from 'typeorm';

/** The clock of a log, which runs on as the real one does, but can be put forward or back. */
export class LogClock {
  private constructor(private readonly dataSource: DataSource) {}

  /** Puts it in the place of the log's own, in this database alone. */
  static async install(dataSource: DataSource): Promise<LogClock> {
    await dataSource.query('create table public.log_clock (ahead_ms bigint not null)');
    await dataSource.query('insert into public.log_clock values (0)');
    await dataSource.query(`create or replace function waybill.clock_ms() returns bigint language sql volatile
      return floor(extract(epoch from clock_timestamp()) * 1000)::bigint + (select c.ahead_ms from public.log_clock c)`);
    return new LogClock(dataSource);
  }

  async advance(milliseconds: number): Promise<void> {
    await this.dataSource.query('update public.log_clock set ahead_ms = ahead_ms + $1', [Math.round(milliseconds)]);
  }

  /** Sets the time of day, in the next day where it has passed today; in UTC, as all days of the log are. */
  async advanceTo(hour: number, minute: number): Promise<void> {
    const rows: { now: string }[] = await this.dataSource.query('select waybill.clock_ms() as now');
    const now = Number(rows[0]?.now);
    const target = new Date(now).setUTCHours(hour, minute, 0, 0);
    await this.advance(target > now ? target - now : target + 86_400_000 - now);
  }
}
