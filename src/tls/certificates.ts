import { statSync } from 'node:fs';
import type { SecureContextOptions, Server, TLSSocket } from 'node:tls';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { Telemetry } from '../telemetry/telemetry.js';
import { handshakeFailure } from './handshake-failure.js';
import { readTlsFiles, type TlsFiles } from './tls-files.js';

const MS_PER_SECOND = 1_000;

/**
 * The certificates of this node while it runs. New files are used for new handshakes once they are found good; connections that are
 * open keep what they have. Files that are not good change nothing, and are told in the log and by a metric.
 */
@Injectable()
export class Certificates implements BeforeApplicationShutdown {
  private readonly logger = new Logger(Certificates.name);
  private readonly servers: Server[] = [];
  private timer: NodeJS.Timeout | undefined;
  private used: TlsFiles | undefined;
  /** What the files looked like when they were last read. */
  private seen: string | undefined;
  private readonly onHangup = (): void => void this.reload();

  constructor(
    private readonly config: Config,
    private readonly telemetry: Telemetry,
  ) {}

  /** The certificate in use with its chain, in PEM form; undefined where no server speaks TLS. */
  get chain(): SecureContextOptions['cert'] {
    return this.used?.context.cert;
  }

  /** When the certificate in use ends, milliseconds since the epoch; undefined where no server speaks TLS. */
  get expiresAt(): number | undefined {
    return this.used?.expiresAt;
  }

  /** From now on this server's context follows the files. */
  serve(server: Server): void {
    this.servers.push(server);
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
      this.telemetry.tlsRefused(handshakeFailure(error, socket)),
    );
    if (this.servers.length > 1) return;
    this.seen = this.look();
    this.use(readTlsFiles(this.config.tls));
    process.on('SIGHUP', this.onHangup);
    const { reloadSeconds } = this.config.tls;
    if (reloadSeconds === 0) return;
    this.timer = setInterval(() => this.poll(), reloadSeconds * MS_PER_SECOND);
    this.timer.unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    process.off('SIGHUP', this.onHangup);
  }

  /** Reads the files now, whatever they look like from outside. */
  reload(): 'reloaded' | 'unchanged' | 'failed' {
    this.seen = this.look();
    try {
      const files = readTlsFiles(this.config.tls);
      if (files === undefined || files.digest === this.used?.digest) return 'unchanged';
      this.use(files);
      this.logger.log({ event: 'tls.reloaded', expires_at: new Date(files.expiresAt).toISOString() });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.telemetry.certificateReload('failed');
      this.logger.error(`The certificates in use stay, since the new ones are not good. ${error.message}`);
      return 'failed';
    }
    this.telemetry.certificateReload('reloaded');
    return 'reloaded';
  }

  /** A pair is seldom replaced in one instant: what is found half done is found whole at the next look. */
  private poll(): void {
    if (this.look() !== this.seen) this.reload();
  }

  private use(files: TlsFiles | undefined): void {
    if (files === undefined) throw new Error('a server speaks TLS without a certificate');
    for (const server of this.servers) server.setSecureContext(files.context);
    this.used = files;
    this.telemetry.certificateLoaded(files.expiresAt);
  }

  private look(): string {
    const { certFile, keyFile, clientCaFile, clientCrlFile } = this.config.tls;
    return [certFile, keyFile, clientCaFile, clientCrlFile].map((path) => (path === undefined ? '' : appearance(path))).join();
  }
}

/** Changes whenever the content does: links are followed, and the time of change cannot be set back. */
function appearance(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.ino}:${stat.size}:${stat.ctimeMs}`;
}
