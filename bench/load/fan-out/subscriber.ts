import { OPCODE } from '../../../src/cli/bench/client-frame.ts';
import { type OnServerFrame, ServerFrames } from '../../../src/cli/bench/server-frames.ts';
import type { Dialect } from './dialect.ts';
import { FrameScanner } from './frame-scanner.ts';
import type { LoadSocket } from './load-socket.ts';
import { NumberReader } from './number-reader.ts';

/** Told how many messages a subscriber had received before some bytes, and how many with them. */
export type OnReceived = (before: number, after: number) => void;

/** A subscriber of the load: counts what it receives since it began to. */
export class Subscriber {
  readonly #socket: LoadSocket;
  readonly #dialect: Dialect;
  received = 0;
  /** Bytes of all frames, without their heads. */
  payloadBytes = 0;

  constructor(socket: LoadSocket, dialect: Dialect) {
    this.#socket = socket;
    this.#dialect = dialect;
  }

  /** Begins to count, looking at nothing but the heads of frames. */
  count(onReceived: OnReceived): void {
    const { shortestDelivery, streamedBytes } = this.#dialect;
    const scanner = new FrameScanner(shortestDelivery, (opcode, payload) => this.#socket.other(opcode, payload));
    this.#socket.takeBytes((bytes, end) => {
      scanner.take(bytes, end);
      this.payloadBytes = scanner.payloadBytes;
      this.#advance(streamedBytes === undefined ? scanner.frames : Math.floor(scanner.payloadBytes / streamedBytes), onReceived);
    });
  }

  /** Begins to count by the numbers in the messages themselves, which have to be the right ones. */
  read(onReceived: OnReceived, onNumber: (number: number) => void): void {
    const { shortestDelivery } = this.#dialect;
    const numbers = new NumberReader(onNumber);
    const frames = new ServerFrames();
    const take: OnServerFrame = (opcode, bytes, start, end) => {
      if (opcode >= OPCODE.close || end - start < shortestDelivery) return this.#socket.other(opcode, bytes.subarray(start, end));
      this.payloadBytes += end - start;
      numbers.take(bytes.toString('latin1', start, end));
    };
    this.#socket.takeBytes((bytes, end) => {
      frames.take(bytes.subarray(0, end), take);
      this.#advance(numbers.count, onReceived);
    });
  }

  end(): void {
    this.#socket.end();
  }

  #advance(received: number, onReceived: OnReceived): void {
    if (received === this.received) return;
    const before = this.received;
    this.received = received;
    onReceived(before, received);
  }
}
