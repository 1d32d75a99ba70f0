import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

/** The server that holds the database: the operator's own, or one that this program runs in its data directory. */
@Injectable()
export class DatabaseServer {
  private embedded: EmbeddedPostgres | undefined;

  constructor(private readonly config: Config) {}

  /** Answers a URL to connect to. Throws `StorageStartError`. */
  async start(): Promise<string> {
    const { databaseUrl } = this.config.storage;
    if (databaseUrl !== undefined) return databaseUrl;
    const logger = new Logger('EmbeddedPostgres');
    const embedded = new EmbeddedPostgres(this.config.server.dataDir, logger);
    const url = await embedded.start();
    this.embedded = embedded;
    return url;
  }

  /** Call it when nobody uses the database any more. A server that is not ours is left alone. */
  async stop(): Promise<void> {
    const embedded = this.embedded;
    this.embedded = undefined;
    await embedded?.stop();
  }
}
