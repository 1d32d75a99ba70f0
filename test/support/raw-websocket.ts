import { connect, type Socket } from 'node:net';
import { constants, inflateRawSync } from 'node:zlib';

export const HANDSHAKE_KEY = 'x3JJHMbDL1EzLkh9GBhXDw==';

/** The request of an upgrade, with every header as the test wants it; undefined leaves one out. */
export function upgradeRequest(path: string, changes: Readonly<Record<string, string | undefined>> = {}, method = 'GET'): string {
  const headers: Record<string, string | undefined> = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': HANDSHAKE_KEY,
    'Sec-WebSocket-Protocol': 'waybill.v1',
    ...changes,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== undefined);
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

/** A masked client frame (RFC 6455 section 5.2); `length` lies about the payload's length. */
export function clientFrame(
  opcode: number,
  payload: Buffer | string = '',
  {
    fin = true,
    masked = true,
    rsv = 0,
    length,
  }: { readonly fin?: boolean; readonly masked?: boolean; readonly rsv?: number; readonly length?: number } = {},
): Buffer {
  const body = Buffer.from(payload);
  const declared = length ?? body.length;
  const size =
    declared < 126 ? Buffer.of(declared) : declared < 65_536 ? Buffer.of(126, declared >> 8, declared & 255) : longLength(declared);
  size[0] = (size[0] as number) | (masked ? 0x80 : 0);
  const head = Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode);
  if (!masked) return Buffer.concat([head, size, body]);
  const mask = Buffer.of(0x12, 0x34, 0x56, 0x78);
  return Buffer.concat([head, size, mask, body.map((byte, index) => byte ^ (mask[index % 4] as number))]);
}

export const textFrameOf = (frame: unknown): Buffer => clientFrame(0x1, typeof frame === 'string' ? frame : JSON.stringify(frame));

/** The other half of RFC 7692 section 7.2.1, without what the server itself uses. */
function inflatedPayload(payload: Buffer): Buffer {
  return inflateRawSync(Buffer.concat([payload, Buffer.of(0, 0, 0xff, 0xff)]), { finishFlush: constants.Z_SYNC_FLUSH });
}

function longLength(length: number): Buffer {
  const size = Buffer.alloc(9);
  size[0] = 127;
  size.writeBigUInt64BE(BigInt(length), 1);
  return size;
}

interface ServerFrame {
  readonly opcode: number;
  /** RSV1 was set; the payload stands here inflated. */
  readonly compressed: boolean;
  readonly payload: Buffer;
}

/** A WebSocket client made of bytes: it reads only when told to and says whatever it is given. */
export class RawWebSocket {
  readonly frames: ServerFrame[] = [];
  head = '';
  ended = false;
  private buffer = Buffer.alloc(0);
  private upgraded = false;
  private readonly waiting = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => this.take(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
      this.wake();
    });
  }

  /** Sends a request; what follows the response head is read as frames. */
  static open(port: number, request: string, rest: Buffer = Buffer.alloc(0)): RawWebSocket {
    const raw = new RawWebSocket(connect({ port, host: '127.0.0.1', noDelay: true }));
    raw.socket.write(Buffer.concat([Buffer.from(request, 'latin1'), rest]));
    return raw;
  }

  static async connect(
    port: number,
    token: string,
    path = '/ws',
    headers: Readonly<Record<string, string | undefined>> = {},
  ): Promise<RawWebSocket> {
    const raw = RawWebSocket.open(port, upgradeRequest(path, { Authorization: `Bearer ${token}`, ...headers }));
    await raw.until(() => raw.texts.some((frame) => frame['action'] === 'welcome'));
    return raw;
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes);
  }

  /** Parsed text frames, in order. */
  get texts(): readonly Readonly<Record<string, unknown>>[] {
    return this.frames.filter(({ opcode }) => opcode === 1).map(({ payload }) => JSON.parse(payload.toString()) as Record<string, unknown>);
  }

  /** Code and reason of the close frame that came; undefined: none did. */
  get closeFrame(): { readonly code: number; readonly reason: string } | undefined {
    const frame = this.frames.find(({ opcode }) => opcode === 8);
    return frame === undefined ? undefined : { code: frame.payload.readUInt16BE(0), reason: frame.payload.toString('utf8', 2) };
  }

  async untilClose(): Promise<{ readonly code: number; readonly reason: string }> {
    await this.until(() => this.closeFrame !== undefined);
    return this.closeFrame as { readonly code: number; readonly reason: string };
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.ended) throw new Error(`the connection ended; head: ${this.head}; frames: ${JSON.stringify(this.texts.slice(-3))}`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  async untilEnd(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.waiting.add(resolve));
  }

  private take(chunk: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, chunk]);
    if (!this.upgraded) this.takeHead();
    while (this.upgraded && this.takeFrame());
    this.wake();
  }

  private takeHead(): void {
    const end = this.buffer.indexOf('\r\n\r\n');
    if (end === -1) return;
    this.head = this.buffer.toString('latin1', 0, end);
    this.buffer = this.buffer.subarray(end + 4);
    this.upgraded = this.head.startsWith('HTTP/1.1 101');
  }

  /** What came after the head of a response that is not a 101. */
  get body(): string {
    return this.upgraded ? '' : this.buffer.toString();
  }

  private takeFrame(): boolean {
    const { buffer } = this;
    if (buffer.length < 2) return false;
    const short = buffer.readUInt8(1);
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (buffer.length < header) return false;
    const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(2) : Number(buffer.readBigUInt64BE(2));
    if (buffer.length < header + length) return false;
    const compressed = (buffer.readUInt8(0) & 0x40) !== 0;
    const payload = buffer.subarray(header, header + length);
    this.frames.push({ opcode: buffer.readUInt8(0) & 15, compressed, payload: compressed ? inflatedPayload(payload) : payload });
    this.buffer = buffer.subarray(header + length);
    return true;
  }

  private wake(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resolve of waiting) resolve();
  }
}
