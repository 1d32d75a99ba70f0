/** One server-sent event (WHATWG HTML, section 9.2), as far as a probe sends them: its name and one line of data. */
export interface SentEvent {
  readonly event: string;
  readonly data: string;
}

/** Takes text as it comes, in pieces of any size, and gives whole events. */
export class EventStreamParser {
  #rest = '';

  push(text: string): readonly SentEvent[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => eventOf(block) ?? []);
  }
}

/** Undefined for what is only a comment. */
function eventOf(block: string): SentEvent | undefined {
  let event = 'message';
  let data: string | undefined;
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    else if (line.startsWith('data: ')) data = line.slice('data: '.length);
  }
  return data === undefined ? undefined : { event, data };
}
