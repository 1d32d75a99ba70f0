import { randomBytes } from 'node:crypto';
import { type Socket, connect } from 'node:net';
import { acknowledgedSeq } from './acknowledgement.ts';
import { PreparedPublish, maskedFrame } from './prepared-publish.ts';
import { OPCODE, ServerFrameReader } from './server-frame-reader.ts';

const FINAL_PONG = 0x8a;
const END_OF_HEAD = '\r\n\r\n';
const EVENT = 'bench.tick';

export interface PublishTarget {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Topics of this socket's publishes; the first publish in flight goes to the first one, and so on in turn. */
  readonly topics: readonly string[];
  readonly dataText: string;
  /** Most publishes under way at once. */
  readonly inFlight: number;
}

interface Slot {
  readonly publish: PreparedPublish;
  /** When this publish was due, by `performance.now()`. */
  dueAt: number;
}

/** Called for each acknowledgement, with the time at which its publish was due. */
export type OnAcknowledged = (socket: PublishSocket, dueAt: number) => void;

/**
 * A WebSocket that does nothing but publish, on a bare TCP socket. Replies of one connection come in the order of its requests,
 * so the oldest publish in flight is always the one that is answered; its frame is then free for the next.
 */
export class PublishSocket {
  readonly #socket: Socket;
  readonly #reader = new ServerFrameReader((...frame) => this.#onFrame(...frame));
  readonly #onAcknowledged: OnAcknowledged;
  readonly #free: Slot[];
  /** Slots under way, oldest at `#oldest`. */
  #underWay: Slot[] = [];
  #oldest = 0;
  #number = 0;
  #head: string | undefined = '';
  #open: (() => void) | undefined;
  readonly #fail: (error: Error) => void;
  readonly failed: Promise<never>;

  static async open(target: PublishTarget, onAcknowledged: OnAcknowledged): Promise<PublishSocket> {
    const publisher = new PublishSocket(target, onAcknowledged);
    const welcomed = new Promise<void>((resolve) => (publisher.#open = resolve));
    publisher.#socket.write(upgradeRequest(target));
    await Promise.race([welcomed, publisher.failed]);
    return publisher;
  }

  private constructor(target: PublishTarget, onAcknowledged: OnAcknowledged) {
    this.#onAcknowledged = onAcknowledged;
    const idPrefix = `${randomBytes(12).toString('hex')}-`;
    this.#free = Array.from({ length: target.inFlight }, (_, index) => {
      const topic = target.topics[index % target.topics.length] ?? '';
      return { publish: new PreparedPublish({ topic, action: EVENT, dataText: target.dataText, idPrefix }), dueAt: 0 };
    }).reverse();
    let fail: (error: Error) => void = () => undefined;
    this.failed = new Promise((_, reject) => (fail = reject));
    // Whoever races with it hears of it; a failure after the run has ended is nobody's.
    this.failed.catch(() => undefined);
    this.#fail = fail;
    this.#socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail(new Error('the gateway closed a connection of the load')));
  }

  get inFlight(): number {
    return this.#underWay.length - this.#oldest;
  }

  get hasRoom(): boolean {
    return this.#free.length > 0;
  }

  /** Sends one publish. Several sends between `gather` and `flush` leave in one write. */
  send(dueAt: number): void {
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('every publish of this socket is under way');
    this.#number += 1;
    slot.publish.setNumber(this.#number);
    slot.dueAt = dueAt;
    this.#underWay.push(slot);
    this.#socket.write(slot.publish.bytes);
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

  #take(chunk: Buffer): void {
    try {
      const frames = this.#head === undefined ? chunk : this.#takeHead(chunk);
      if (frames === undefined) return;
      this.gather();
      this.#reader.take(frames);
      this.flush();
      this.#forgetAcknowledged();
    } catch (error) {
      this.#fail(error as Error);
      this.#socket.destroy();
    }
  }

  /** Answers what came behind the head of the upgrade's answer; undefined while the head is not whole. */
  #takeHead(chunk: Buffer): Buffer | undefined {
    const head = (this.#head ?? '') + chunk.toString('latin1');
    const end = head.indexOf(END_OF_HEAD);
    this.#head = head;
    if (end === -1) return undefined;
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(`the gateway refused the upgrade: ${head}`);
    this.#head = undefined;
    return Buffer.from(head.slice(end + END_OF_HEAD.length), 'latin1');
  }

  #onFrame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.ping) this.#socket.write(maskedFrame(FINAL_PONG, bytes.subarray(start, end)));
    else if (opcode !== OPCODE.text)
      throw new Error(`the gateway sent a frame with opcode ${opcode}: ${bytes.toString('latin1', start, end)}`);
    else if (this.#open === undefined) this.#acknowledge(bytes.toString('latin1', start, end));
    else this.#welcome(bytes.toString('latin1', start, end));
  }

  #welcome(text: string): void {
    if (!text.includes('"action":"welcome"')) throw new Error(`expected the welcome, and this came: ${text}`);
    this.#open?.();
    this.#open = undefined;
  }

  #acknowledge(text: string): void {
    const slot = this.#underWay[this.#oldest];
    if (slot === undefined) throw new Error(`nothing is under way, and this came: ${text}`);
    acknowledgedSeq(text, slot.publish.msgId);
    this.#oldest += 1;
    this.#free.push(slot);
    this.#onAcknowledged(this, slot.dueAt);
  }

  #forgetAcknowledged(): void {
    if (this.#oldest === 0) return;
    this.#underWay = this.#underWay.slice(this.#oldest);
    this.#oldest = 0;
  }
}

function upgradeRequest({ host, port, token }: PublishTarget): string {
  const headers = [
    `GET /ws HTTP/1.1`,
    `Host: ${host}:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: waybill.v1',
    `Authorization: Bearer ${token}`,
  ];
  return headers.join('\r\n') + END_OF_HEAD;
}
