import { randomBytes } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { SUBPROTOCOL } from '../../protocol/limits.js';
import { clientFrame, OPCODE } from './client-frame.js';
import { ServerFrames } from './server-frames.js';

const END_OF_HEAD = '\r\n\r\n';
const LONGEST_HEAD = 16_384;
const HANDSHAKE_TIMEOUT_MS = 30_000;
const READ_BYTES = 65_536;

/** Every socket of this process reads into it: a chunk is used up before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Path of the upgrade. */
  readonly path: string;
}

export interface SocketPlan {
  readonly endpoint: Endpoint;
  /** Address to come from; undefined: the system chooses. */
  readonly localAddress: string | undefined;
  readonly token: string;
  /** Subscribed to before it counts as open. */
  readonly topic: string | undefined;
  /** Most bytes of one read. */
  readonly readBytes?: number;
}

/** How a socket ended, other than by `cut`. */
export interface Ending {
  readonly phase: 'handshake' | 'open';
  /** `HTTP 503 UNAVAILABLE`, `close 4408 slow consumer`, `ECONNREFUSED` … */
  readonly reason: string;
}

export interface SocketOwner {
  /** @param handshakeMs from the first SYN to the welcome @param head of the topic when it was subscribed to; 0 without a topic */
  opened(socket: LoadSocket, handshakeMs: number, head: number): void;
  ended(socket: LoadSocket, ending: Ending): void;
  /** A text frame of an open connection. */
  text(socket: LoadSocket, bytes: Buffer, start: number, end: number): void;
}

type State = 'upgrade' | 'welcome' | 'subscribe' | 'open' | 'ended';

/**
 * The cheapest honest client: a TCP or TLS socket that speaks just enough of RFC 6455, so that the load's own cost does not hide the
 * gateway's. It answers pings as a browser does.
 */
export class LoadSocket {
  private readonly socket: Socket;
  private readonly frames = new ServerFrames();
  private readonly startedAt = performance.now();
  private readonly deadline: NodeJS.Timeout;
  private state: State = 'upgrade';
  private head = '';
  private handshakeMs = 0;
  private dripMs = 0;

  constructor(
    private readonly plan: SocketPlan,
    private readonly owner: SocketOwner,
  ) {
    const { endpoint, localAddress, readBytes } = plan;
    const options = {
      host: endpoint.host,
      port: endpoint.port,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
      onread: {
        buffer: readBytes === undefined ? readBuffer : Buffer.allocUnsafeSlow(readBytes),
        callback: (bytes: number, buffer: Uint8Array) => this.took(Buffer.from(buffer.buffer, buffer.byteOffset, bytes)),
      },
    };
    this.socket = endpoint.tls
      ? connectTls({ ...options, ...(isIP(endpoint.host) === 0 && { servername: endpoint.host }) })
      : connectTcp(options);
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.end(error.code ?? error.message));
    this.socket.on('close', () => this.end('cut off without a close frame'));
    this.socket.write(upgradeRequest(plan));
    this.deadline = setTimeout(() => this.end(`no welcome within ${HANDSHAKE_TIMEOUT_MS / 1_000} s`), HANDSHAKE_TIMEOUT_MS);
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  send(text: string): void {
    this.socket.write(clientFrame(OPCODE.text, text));
  }

  /** Reads no more: what the gateway sends stays in the kernels' buffers, and then in the gateway. */
  stopReading(): void {
    this.socket.pause();
  }

  /** From now on one read of `readBytes` each `everyMs`. */
  drip(everyMs: number): void {
    this.dripMs = everyMs;
  }

  /** Ends it without a word, as a phone that lost its network; its owner hears nothing more. */
  cut(): void {
    this.state = 'ended';
    clearTimeout(this.deadline);
    this.socket.destroy();
  }

  private end(reason: string): void {
    if (this.state === 'ended') return;
    const phase = this.state === 'open' ? 'open' : 'handshake';
    this.cut();
    this.owner.ended(this, { phase, reason });
  }

  /** @returns whether to go on reading */
  private took(chunk: Buffer): boolean {
    if (this.state === 'ended') return false;
    try {
      const frames = this.state === 'upgrade' ? this.takeHead(chunk) : chunk;
      if (frames !== undefined) this.frames.take(frames, (...frame) => this.frame(...frame));
    } catch (error) {
      this.end((error as Error).message);
    }
    if (this.dripMs === 0) return true;
    setTimeout(() => this.socket.resume(), this.dripMs).unref();
    return false;
  }

  /** Answers what came behind the head of the answer; undefined while that is not whole. */
  private takeHead(chunk: Buffer): Buffer | undefined {
    this.head += chunk.toString('latin1');
    const end = this.head.indexOf(END_OF_HEAD);
    if (end === -1) {
      if (this.head.length > LONGEST_HEAD) throw new Error('what answers is not a gateway');
      return undefined;
    }
    const head = this.head;
    this.head = '';
    const rest = head.slice(end + END_OF_HEAD.length);
    if (!head.startsWith('HTTP/1.1 101')) throw new Error(refusalOf(head, rest));
    this.state = 'welcome';
    return Buffer.from(rest, 'latin1');
  }

  private frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === OPCODE.text) {
      if (this.state === 'open') this.owner.text(this, bytes, start, end);
      else this.handshakeFrame(bytes.toString('utf8', start, end));
    } else if (opcode === OPCODE.ping) {
      this.socket.write(clientFrame(OPCODE.pong, bytes.subarray(start, end)));
    } else if (opcode === OPCODE.close) {
      this.end(closeOf(bytes, start, end));
    }
  }

  private handshakeFrame(text: string): void {
    if (this.state === 'welcome' && text.includes('"action":"welcome"')) {
      this.handshakeMs = performance.now() - this.startedAt;
      clearTimeout(this.deadline);
      if (this.plan.topic === undefined) return this.open(0);
      this.state = 'subscribe';
      this.send(JSON.stringify({ msg_id: 's', action: 'topic.subscribe', data: { topics: [{ topic: this.plan.topic }] } }));
    } else if (this.state === 'subscribe' && text.includes('"reply_to":"s"')) {
      const [, head] = /"code":"OK","epoch":"[^"]*","head":(\d+)/.exec(text) ?? [];
      if (head === undefined) throw new Error(`subscribe ${/"topics":\[\{[^[]*"code":"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 200)}`);
      this.open(Number(head));
    }
  }

  private open(head: number): void {
    this.state = 'open';
    this.owner.opened(this, this.handshakeMs, head);
  }
}

function upgradeRequest({ endpoint, token }: SocketPlan): string {
  return [
    `GET ${endpoint.path} HTTP/1.1`,
    `Host: ${endpoint.host}:${endpoint.port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`,
    `Authorization: Bearer ${token}`,
    END_OF_HEAD.slice(2),
  ].join('\r\n');
}

function refusalOf(head: string, body: string): string {
  const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? '?';
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return `HTTP ${status}${code === undefined ? '' : ` ${code}`}`;
}

function closeOf(bytes: Buffer, start: number, end: number): string {
  if (end - start < 2) return 'close 1005';
  const reason = bytes.toString('utf8', start + 2, end);
  return `close ${bytes.readUInt16BE(start)}${reason === '' ? '' : ` ${reason}`}`;
}
