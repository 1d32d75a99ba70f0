/** One server-sent event, as far as those of a probe go: a name and one line of data. */
export interface StreamedEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads an event stream to its end (HTML standard, section 9.2.6). */
export async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamedEvent> {
  const decoder = new TextDecoder();
  let unread = '';
  for await (const chunk of body) {
    unread += decoder.decode(chunk, { stream: true });
    for (let end = unread.indexOf('\n\n'); end !== -1; end = unread.indexOf('\n\n')) {
      const event = eventIn(unread.slice(0, end));
      unread = unread.slice(end + 2);
      if (event !== undefined) yield event;
    }
  }
}

function eventIn(block: string): StreamedEvent | undefined {
  let event = 'message';
  let data: string | undefined;
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    else if (line.startsWith('data: ')) data = line.slice('data: '.length);
  }
  return data === undefined ? undefined : { event, data };
}
