import { textOfFrame } from '../../protocol/text-frame.js';

/** One server-sent event (HTML standard, section 9.2.6). */
export interface StreamEvent {
  /** What `Last-Event-ID` will say after it; absent: as after the event before. */
  readonly id?: string | undefined;
  /** Absent: `message`, which is what `EventSource.onmessage` gets. */
  readonly event?: string | undefined;
  /** Any text; the reader gets its line breaks as line feeds. */
  readonly data: string;
}

/** The members that every frame of the server begins with; what follows `data` is never looked at. */
interface FrameHead {
  readonly action: string;
  readonly epoch?: string;
  readonly seq?: number;
}

const LINE_BREAK = /\r\n|\r|\n/g;

export function eventText({ id, event, data }: StreamEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  const eventLine = event === undefined ? '' : `event: ${event}\n`;
  return `${idLine}${eventLine}data: ${data.replace(LINE_BREAK, '\ndata: ')}\n\n`;
}

/** The event that a WebSocket frame of the server stands for. */
export function eventOfFrame(frame: Buffer): Buffer {
  return Buffer.from(eventText(eventOf(textOfFrame(frame))));
}

/** Topic messages are plain `message` events whose id is their position; the server's own frames are named after their action. */
function eventOf(text: string): StreamEvent {
  const { action, epoch, seq } = headOf(text);
  if (epoch !== undefined && seq !== undefined) return { id: `${epoch}:${seq}`, data: text };
  if (action !== 'topic.reset') return { event: action, data: text };
  // The new epoch begins at its start: whoever resumes from here misses nothing of it.
  const { data } = JSON.parse(text) as { readonly data: { readonly epoch: string } };
  return { id: `${data.epoch}:0`, event: action, data: text };
}

/** `data` stands last, and `,"data":` cannot stand inside a JSON string, where its quotes would be escaped. */
function headOf(text: string): FrameHead {
  const end = text.indexOf(',"data":');
  return JSON.parse(end === -1 ? text : `${text.slice(0, end)}}`) as FrameHead;
}
