import { type Socket, connect } from 'node:net';
import { maskedFrame } from './prepared-publish.ts';
import { OPCODE } from '../../src/cli/bench/client-frame.ts';
import { type OnServerFrame, ServerFrames } from '../../src/cli/bench/server-frames.ts';
import { END_OF_HEAD } from './upgrade-request.ts';

const FINAL_TEXT = 0x81;
const FINAL_PONG = 0x8a;
const READ_BYTES = 65_536;
/** One for all sockets: what is read is used before the next read, so a socket costs this process no memory of its own. */
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES);

export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  /** Source address: one address has too few ports for all connections. */
  readonly localAddress: string;
  /** The whole upgrade request. */
  readonly request: string;
  /** What the 101 has to carry for it. */
  readonly accept: string;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** What the text frame that is waited for contains; others are passed over. */
  readonly contains: readonly string[];
}

/**
 * A WebSocket on a bare TCP socket that connects, subscribes, and from then on answers pings. A failure rejects whatever is waited
 * for; where nothing is, `onLost` hears of it.
 */
export class ConnectSocket {
  readonly #socket: Socket;
  readonly #frames = new ServerFrames();
  readonly #frame: OnServerFrame = (...frame) => this.#onFrame(...frame);
  readonly #accept: string;
  readonly #onLost: (error: Error) => void;
  #head: string | undefined = '';
  #waiter: Waiter | undefined;

  /** Resolves when the 101 and the server's first frame, `welcome`, have come. */
  static async open(target: ConnectTarget, onLost: (error: Error) => void): Promise<ConnectSocket> {
    const socket = new ConnectSocket(target, onLost);
    const welcomed = socket.#until('"action":"welcome"');
    socket.#socket.write(target.request);
    await welcomed;
    return socket;
  }

  private constructor({ host, port, localAddress, accept }: ConnectTarget, onLost: (error: Error) => void) {
    this.#accept = accept;
    this.#onLost = onLost;
    const onread = { buffer: SHARED, callback: (bytes: number, buffer: Uint8Array) => this.#take(buffer as Buffer, bytes) };
    this.#socket = connect({ host, port, localAddress, noDelay: true, onread });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed a connection of the load')));
  }

  /** Resolves when the subscription has been granted. */
  subscribe(topic: string): Promise<void> {
    const granted = this.#until('"reply_to":"subscribe"', '"code":"OK","message":"OK"', `"topic":"${topic}","code":"OK"`);
    const text = JSON.stringify({ msg_id: 'subscribe', action: 'topic.subscribe', data: { topics: [{ topic }] } });
    this.#socket.write(maskedFrame(FINAL_TEXT, Buffer.from(text)));
    return granted;
  }

  /** Ends at once with a reset, which leaves no port of the load waiting (TIME_WAIT). */
  reset(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.resetAndDestroy();
  }

  #until(...contains: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => (this.#waiter = { resolve, reject, contains }));
  }

  #fail(error: Error): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
    if (waiter === undefined) this.#onLost(error);
    else waiter.reject(error);
  }

  #take(buffer: Buffer, bytes: number): boolean {
    const chunk = buffer.subarray(0, bytes);
    try {
      const frames = this.#head === undefined ? chunk : this.#takeHead(chunk);
      if (frames !== undefined) this.#frames.take(frames, this.#frame);
    } catch (error) {
      this.#fail(error as Error);
    }
    return true;
  }

  /** Answers what came behind the head of the upgrade's answer; undefined while the head is not whole. */
  #takeHead(chunk: Buffer): Buffer | undefined {
    const before = this.#head ?? '';
    const head = before + chunk.toString('latin1');
    const end = head.indexOf(END_OF_HEAD);
    this.#head = head;
    if (end === -1) return undefined;
    if (!head.startsWith('HTTP/1.1 101') || !head.includes(this.#accept)) throw new Error(`the server refused the upgrade: ${head}`);
    this.#head = undefined;
    return chunk.subarray(end + END_OF_HEAD.length - before.length);
  }

  #onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.ping) this.#socket.write(maskedFrame(FINAL_PONG, bytes.subarray(start, end)));
    else if (opcode !== OPCODE.text)
      throw new Error(`the server sent a frame with opcode ${opcode}: ${bytes.toString('latin1', start, end)}`);
    else if (this.#waiter !== undefined) this.#read(this.#waiter, bytes.toString('latin1', start, end));
  }

  #read({ contains, resolve }: Waiter, text: string): void {
    const [first = '', ...others] = contains;
    if (!text.includes(first)) return;
    if (!others.every((other) => text.includes(other))) throw new Error(`the server refused: ${text}`);
    this.#waiter = undefined;
    resolve();
  }
}
