import { PassThrough, Readable } from 'node:stream';
import { run } from '../../src/cli/run.js';
import { Terminal } from '../../src/cli/terminal.js';

/** One run of the `waybill` command in this process. */
export class CommandLine {
  readonly #out: string[] = [];
  readonly #err: string[] = [];
  readonly #interruption = new AbortController();
  readonly exit: Promise<number>;
  #wake: () => void = () => undefined;

  constructor(argv: readonly string[], stdin = '') {
    const into = (lines: string[]) => ({
      write: (text: string) => {
        lines.push(text);
        this.#wake();
      },
    });
    this.exit = run(argv, {
      terminal: new Terminal(into(this.#out), into(this.#err)),
      stdin: stdin === '' ? new PassThrough() : Readable.from([stdin]),
      interrupted: this.#interruption.signal,
    });
  }

  get out(): string {
    return this.#out.join('');
  }

  get err(): string {
    return this.#err.join('');
  }

  /** Standard output as JSON, once the command has ended. */
  async json(): Promise<unknown> {
    await this.exit;
    return JSON.parse(this.out);
  }

  interrupt(): void {
    this.#interruption.abort();
  }

  async saysOf(text: RegExp, where: 'out' | 'err' = 'err'): Promise<void> {
    while (!text.test(this[where])) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
