import { connect, type Socket } from 'node:net';

/** A TCP connection on which a test says exactly what it wants. */
export class RawHttp {
  static open(port: number): RawHttp {
    return new RawHttp(connect({ port, host: '127.0.0.1' }));
  }

  readonly #waiting = new Set<() => void>();
  #received = '';
  #ended = false;

  private constructor(readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      this.#received += chunk;
      this.#wake();
    });
    // A reset is one of the ends that tests wait for.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  get received(): string {
    return this.#received;
  }

  send(text: string): void {
    this.socket.write(text);
  }

  /** Everything that came, once `condition` holds for it; rejects when the connection ends before. */
  async until(condition: (received: string) => boolean): Promise<string> {
    while (!condition(this.#received)) {
      if (this.#ended) throw new Error(`the connection ended with: ${this.#received}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
    return this.#received;
  }

  /** Everything that came until the server ended the connection. */
  async untilEnd(): Promise<string> {
    while (!this.#ended) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    return this.#received;
  }

  close(): void {
    this.socket.destroy();
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
