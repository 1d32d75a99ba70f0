import { inflated } from '../../protocol/deflate.js';

const NOTHING = Buffer.alloc(0);
/** The error that ends the receiver of `ws`; the peer has been told the code by then. */
const REFUSED = new Error('a compressed message was refused');
/** So much is inflated in one turn of the event loop; a message counts as its bytes and what a call of zlib costs besides. */
const TURN_BYTES = 65_536;
const CALL_BYTES = 1_024;
const TOO_LARGE = 1009;
const INVALID_PAYLOAD = 1007;

/** Who reads the messages. */
export interface InflationReader {
  readonly isPaused: boolean;
  /** A message breaks a limit or is no deflate stream; nothing more will be read. The code says how. */
  refuse(code: number): void;
}

type Done = (error: Error | null, data?: Buffer) => void;

/**
 * Inflates the compressed messages of one connection, in the place of what `ws` has for it: that keeps a zlib context for each
 * connection, works on threads, and goes on while reading is paused, so that one chunk of the network could become a thousand times its
 * size in commands that wait.
 *
 * `ws` calls `decompress` for one frame at a time and goes on when it is answered. Invariant: the answer never comes before the call
 * returns, and never while reading is paused.
 */
export class Inflation {
  private payloads: Buffer[] = [];
  private held: (() => void) | undefined;
  private bytesOfTurn = 0;
  private discarding = false;

  constructor(
    private readonly maxBytes: number,
    private readonly reader: InflationReader,
  ) {}

  /** Called by `ws` for each frame of a compressed message. */
  decompress(payload: Buffer, isLast: boolean, done: Done): void {
    this.payloads.push(payload);
    const step = (): void => this.step(isLast, done);
    if (this.bytesOfTurn < TURN_BYTES) return queueMicrotask(step);
    this.bytesOfTurn = 0;
    setImmediate(step);
  }

  /** Called by `ws` when the connection is gone. */
  cleanup(): void {
    this.payloads = [];
  }

  /** Reading goes on. */
  goOn(): void {
    const { held } = this;
    this.held = undefined;
    if (held !== undefined) queueMicrotask(held);
  }

  /** A frame waits for reading to go on. */
  get isHolding(): boolean {
    return this.held !== undefined;
  }

  /** Nothing of what still comes is read: it passes as nothing, so that `ws` finds the end of it. */
  discard(): void {
    this.discarding = true;
    this.goOn();
  }

  private step(isLast: boolean, done: Done): void {
    if (this.reader.isPaused && !this.discarding) {
      this.held = () => this.step(isLast, done);
      return;
    }
    if (!isLast) return done(null, NOTHING);
    const { payloads } = this;
    this.payloads = [];
    if (this.discarding) return done(null, NOTHING);
    const message = inflated(payloads, this.maxBytes);
    if (typeof message === 'string') {
      this.reader.refuse(message === 'too_large' ? TOO_LARGE : INVALID_PAYLOAD);
      return done(REFUSED);
    }
    this.bytesOfTurn += message.length + CALL_BYTES;
    done(null, message);
  }
}
