/** One server-sent event as a browser's EventSource would hand it over. */
export interface ReadEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Reads an event stream by the rules of the HTML standard (section 9.2.6), as far as streams of ours use them. */
export class EventReader {
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<EventReader> {
    const abort = new AbortController();
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: abort.signal });
    return new EventReader(response, abort);
  }

  /** The stream's text so far, comments included. */
  text = '';
  #unread = '';
  readonly #body: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #decoder = new TextDecoder();

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    this.#body = response.body?.getReader();
  }

  /** The next event; undefined when the server ended the stream. */
  async next(): Promise<ReadEvent | undefined> {
    for (;;) {
      const end = this.#unread.indexOf('\n\n');
      if (end !== -1) {
        const block = this.#unread.slice(0, end);
        this.#unread = this.#unread.slice(end + 2);
        const event = eventOf(block);
        if (event !== undefined) return event;
      } else if (!(await this.#read())) {
        return undefined;
      }
    }
  }

  /** The next events, so many of them. */
  async take(count: number): Promise<readonly ReadEvent[]> {
    const events: ReadEvent[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === undefined) throw new Error(`the stream ended after ${events.length} of ${count} events: ${this.text}`);
      events.push(event);
    }
    return events;
  }

  /** Every event up to the end of the stream. */
  async rest(): Promise<readonly ReadEvent[]> {
    const events: ReadEvent[] = [];
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event);
    return events;
  }

  /** Reads until the text holds for the condition, without consuming events. */
  async until(condition: (text: string) => boolean): Promise<void> {
    while (!condition(this.text)) if (!(await this.#read())) throw new Error(`the stream ended: ${this.text}`);
  }

  close(): void {
    this.abort.abort();
  }

  async #read(): Promise<boolean> {
    const chunk = await this.#body?.read();
    if (chunk?.value === undefined) return false;
    const text = this.#decoder.decode(chunk.value, { stream: true });
    this.text += text;
    this.#unread += text;
    return true;
  }
}

function eventOf(block: string): ReadEvent | undefined {
  const fields = { id: undefined as string | undefined, event: 'message' };
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'data') data.push(value);
    else if (name === 'id' || name === 'event') fields[name] = value;
  }
  return data.length === 0 ? undefined : { ...fields, data: data.join('\n') };
}
