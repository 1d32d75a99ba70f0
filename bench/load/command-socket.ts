import { type Socket, connect } from 'node:net';
import { type PreparedCommand, maskedFrame } from './prepared-publish.ts';
import { OPCODE } from '../../src/cli/bench/client-frame.ts';
import { type OnServerFrame, ServerFrames } from '../../src/cli/bench/server-frames.ts';
import { END_OF_HEAD, type UpgradeTarget, upgradeRequest } from './upgrade-request.ts';

const FINAL_PONG = 0x8a;
const READ_BYTES = 65_536;
/** One for all sockets: what is read is used before the next read. */
const SHARED = Buffer.allocUnsafeSlow(READ_BYTES);

export interface CommandTarget extends UpgradeTarget {
  /** As many as may be under way at once, in the order in which they are first sent. */
  readonly commands: readonly PreparedCommand[];
  /** Throws where this is not the reply that the command with this `msg_id` has to get. */
  readonly check: (text: string, msgId: string) => void;
}

interface Slot {
  readonly command: PreparedCommand;
  /** When this command was due, by `performance.now()`. */
  dueAt: number;
}

/**
 * A WebSocket that does nothing but send commands, on a bare TCP socket. Replies of one connection come in the order of its requests,
 * so the oldest command in flight is always the one that is answered; its frame is then free for the next.
 */
export class CommandSocket {
  readonly #socket: Socket;
  readonly #frames = new ServerFrames();
  readonly #frame: OnServerFrame = (...frame) => this.#onFrame(...frame);
  readonly #check: CommandTarget['check'];
  readonly #onAnswered: (dueAt: number) => void;
  readonly #free: Slot[];
  /** Slots under way, oldest at `#oldest`. */
  #underWay: Slot[] = [];
  #oldest = 0;
  #number = 0;
  #head: string | undefined = '';
  #open: (() => void) | undefined;
  readonly #fail: (error: Error) => void;
  /** Resolves when `welcome` has come. */
  readonly opened: Promise<unknown>;
  readonly failed: Promise<never>;

  /** `onAnswered` is called for each reply, with the time at which its command was due. */
  constructor(target: CommandTarget, onAnswered: (dueAt: number) => void) {
    this.#check = target.check;
    this.#onAnswered = onAnswered;
    this.#free = target.commands.map((command) => ({ command, dueAt: 0 })).reverse();
    let fail: (error: Error) => void = () => undefined;
    this.failed = new Promise((_, reject) => (fail = reject));
    // Whoever races with it hears of it; a failure after the run has ended is nobody's.
    this.failed.catch(() => undefined);
    this.#fail = fail;
    const onread = { buffer: SHARED, callback: (bytes: number, buffer: Uint8Array) => this.#take((buffer as Buffer).subarray(0, bytes)) };
    this.#socket = connect({ host: target.host, port: target.port, noDelay: true, onread });
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail(new Error('the server closed a connection of the load')));
    this.opened = Promise.race([new Promise<void>((resolve) => (this.#open = resolve)), this.failed]);
    this.opened.catch(() => undefined);
    this.#socket.write(upgradeRequest(target));
  }

  get inFlight(): number {
    return this.#underWay.length - this.#oldest;
  }

  get hasRoom(): boolean {
    return this.#free.length > 0;
  }

  /** Sends one command. Several sends between `gather` and `flush` leave in one write. */
  send(dueAt: number): void {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('every command of this socket is under way');
    this.#number += 1;
    slot.command.setNumber(this.#number);
    slot.dueAt = dueAt;
    this.#underWay.push(slot);
    this.#socket.write(slot.command.bytes);
  }

  gather(): void {
    this.#socket.cork();
  }

  flush(): void {
    this.#socket.uncork();
  }

  end(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #take(chunk: Buffer): boolean {
    try {
      const frames = this.#head === undefined ? chunk : this.#takeHead(chunk);
      if (frames === undefined) return true;
      this.gather();
      this.#frames.take(frames, this.#frame);
      this.flush();
      this.#forgetAnswered();
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
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
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(`the server refused the upgrade: ${head}`);
    this.#head = undefined;
    return chunk.subarray(end + END_OF_HEAD.length - before.length);
  }

  #onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.ping) this.#socket.write(maskedFrame(FINAL_PONG, bytes.subarray(start, end)));
    else if (opcode !== OPCODE.text)
      throw new Error(`the server sent a frame with opcode ${opcode}: ${bytes.toString('latin1', start, end)}`);
    else if (this.#open === undefined) this.#answer(bytes.toString('latin1', start, end));
    else this.#welcome(bytes.toString('latin1', start, end));
  }

  #welcome(text: string): void {
    if (!text.includes('"action":"welcome"')) throw new Error(`expected the welcome, and this came: ${text}`);
    this.#open?.();
    this.#open = undefined;
  }

  #answer(text: string): void {
    const slot = this.#underWay[this.#oldest];
    if (slot === undefined) throw new Error(`nothing is under way, and this came: ${text}`);
    this.#check(text, slot.command.msgId);
    this.#oldest += 1;
    this.#free.push(slot);
    this.#onAnswered(slot.dueAt);
  }

  #forgetAnswered(): void {
    if (this.#oldest === 0) return;
    this.#underWay = this.#underWay.slice(this.#oldest);
    this.#oldest = 0;
  }
}
