const DIGITS = 10;
const MARKER = '"n":"';
const NUMBER_BYTES = MARKER.length + DIGITS;

/** A JSON object of exactly this many bytes that carries the number of its message. */
export function numberedPayload(number: number, bytes: number): string {
  const empty = `{"n":"${String(number).padStart(DIGITS, '0')}","text":""}`;
  return `${empty.slice(0, -2)}${'x'.repeat(bytes - empty.length)}"}`;
}

/** Reads the numbers of messages out of a stream, however it is cut. Throws where one is not the next: lost, repeated or out of order. */
export class NumberReader {
  /** Messages read. The first has number 0. */
  count = 0;
  readonly #onNumber: (number: number) => void;
  #rest = '';

  constructor(onNumber: (number: number) => void) {
    this.#onNumber = onNumber;
  }

  take(text: string): void {
    const stream = this.#rest + text;
    let from = 0;
    for (let at = stream.indexOf(MARKER); at !== -1 && at + NUMBER_BYTES <= stream.length; at = stream.indexOf(MARKER, from)) {
      from = at + NUMBER_BYTES;
      const number = Number(stream.slice(at + MARKER.length, from));
      if (number !== this.count) throw new Error(`expected message ${this.count}, and ${number} came`);
      this.count += 1;
      this.#onNumber(number);
    }
    this.#rest = stream.slice(Math.max(from, stream.length - NUMBER_BYTES + 1));
  }
}
