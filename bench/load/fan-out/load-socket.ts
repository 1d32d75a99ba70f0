import { randomBytes } from 'node:crypto';
import { type Socket, connect } from 'node:net';
import { maskedFrame } from '../prepared-publish.ts';
import { OPCODE } from '../../../src/cli/bench/client-frame.ts';
import { type OnServerFrame, ServerFrames } from '../../../src/cli/bench/server-frames.ts';
import type { Dialect, Role, Step } from './dialect.ts';

const FINAL = 0x80;
const BINARY = 2;
const END_OF_HEAD = '\r\n\r\n';
const CHUNK_BYTES = 65_536;
/** All sockets read into this one: whoever takes a chunk is done with it before the next one is read. */
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);

export interface LoadSocketOptions {
  readonly host: string;
  readonly port: number;
  /** An address of this machine: one alone has not enough ports for tens of thousands of connections. */
  readonly localAddress: string;
  readonly dialect: Dialect;
  readonly role: Role;
  readonly index: number;
  readonly onFailure: (error: Error) => void;
}

/**
 * A WebSocket on a bare TCP socket. Until its dialect is through with the greetings, and afterwards until someone takes the bytes,
 * it reads whole messages.
 */
export class LoadSocket {
  readonly #socket: Socket;
  readonly #dialect: Dialect;
  readonly #fail: (error: Error) => void;
  readonly #frames = new ServerFrames();
  readonly #frame: OnServerFrame = (opcode, bytes, start, end) => this.other(opcode, bytes.subarray(start, end));
  readonly #steps: Step[];
  #onBytes: (bytes: Buffer, end: number) => void = (bytes, end) => this.#greet(bytes.toString('latin1', 0, end));
  #head = '';
  #opened: () => void = () => undefined;

  /** Answers when the socket is ready for its role. */
  static async open(options: LoadSocketOptions): Promise<LoadSocket> {
    const socket = new LoadSocket(options);
    await new Promise<void>((resolve) => (socket.#opened = resolve));
    return socket;
  }

  private constructor({ host, port, localAddress, dialect, role, index, onFailure }: LoadSocketOptions) {
    this.#dialect = dialect;
    this.#fail = onFailure;
    this.#steps = [...dialect.steps(role, index)];
    this.#socket = connect({ host, port, localAddress, noDelay: true, onread: { buffer: chunk, callback: (size) => this.#take(size) } });
    this.#socket.on('error', onFailure);
    this.#socket.on('close', () => onFailure(new Error(`the server closed the connection of ${role} ${index}`)));
    const { path, headers } = dialect.upgrade(role, index);
    const lines = Object.entries({ ...upgradeHeaders(`${host}:${port}`), ...headers }).map(([name, value]) => `${name}: ${value}`);
    this.#socket.write([`GET ${path} HTTP/1.1`, ...lines].join('\r\n') + END_OF_HEAD);
  }

  /** From now on the bytes go to this function, which must be done with them when it returns. To be called between two frames. */
  takeBytes(onBytes: (bytes: Buffer, end: number) => void): void {
    this.#onBytes = onBytes;
  }

  /** Each text as a message; all leave in one write. */
  say(texts: readonly string[]): void {
    const opcode = this.#dialect.isBinary ? BINARY : OPCODE.text;
    this.#socket.write(Buffer.concat(texts.map((text) => maskedFrame(FINAL | opcode, Buffer.from(text)))));
  }

  /** Deals with a frame that is no delivery. */
  other(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.ping) this.#socket.write(maskedFrame(FINAL | OPCODE.pong, payload));
    else if (opcode === OPCODE.close) throw new Error(`the server closed: ${payload.toString('latin1')}`);
    else this.#hear(payload.toString('latin1'));
  }

  end(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #take(size: number): boolean {
    try {
      this.#onBytes(chunk, size);
    } catch (error) {
      this.#fail(error as Error);
      this.end();
    }
    return true;
  }

  #greet(bytes: string): void {
    this.#head += bytes;
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end === -1) return;
    if (!this.#head.startsWith('HTTP/1.1 101')) throw new Error(`the server refused the upgrade: ${this.#head}`);
    const rest = Buffer.from(this.#head.slice(end + END_OF_HEAD.length), 'latin1');
    this.#onBytes = (chunkBytes, size) => this.#frames.take(chunkBytes.subarray(0, size), this.#frame);
    if (this.#steps.length === 0) this.#opened();
    this.#frames.take(rest, this.#frame);
  }

  #hear(text: string): void {
    const [step] = this.#steps;
    if (step === undefined) {
      const answer = this.#dialect.answer(text);
      if (answer !== undefined) this.say([answer]);
      return;
    }
    if (!text.includes(step.awaits)) return;
    this.#steps.shift();
    if (step.says !== undefined) this.say([step.says]);
    if (this.#steps.length === 0) this.#opened();
  }
}

function upgradeHeaders(host: string): Readonly<Record<string, string>> {
  return {
    Host: host,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  };
}
