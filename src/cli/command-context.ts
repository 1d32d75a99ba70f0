import type { RemoteGateway } from './gateway.js';
import type { Terminal } from './terminal.js';

/** What commands share; read when they run, after the options were parsed. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly stdin: NodeJS.ReadableStream;
  readonly gateway: () => RemoteGateway;
  readonly wantsJson: () => boolean;
  /** Aborts when the person at the terminal wants to stop. */
  readonly interrupted: AbortSignal;
}
