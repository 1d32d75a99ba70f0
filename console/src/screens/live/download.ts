import { get } from '../../api/request.ts';
import type { ProbeEvent } from './probe.ts';

const PAGE = 1_000;

interface EventPage {
  readonly items: readonly ProbeEvent[];
  readonly next?: string;
}

/** All events that a probe still keeps, one JSON object on each line. */
export async function eventLines(id: string): Promise<string> {
  const lines: string[] = [];
  let after = '0';
  for (;;) {
    const { items, next } = await get<EventPage>(`ops/probes/${encodeURIComponent(id)}/events`, { after, limit: PAGE });
    lines.push(...items.map((event) => JSON.stringify(event)));
    if (next === undefined) return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
    after = next;
  }
}

/** Hands a text to the browser as a file. */
export function saveText(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/x-ndjson' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
