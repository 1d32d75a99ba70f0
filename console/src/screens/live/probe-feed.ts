import { API, backgroundHeader } from '../../api/request.ts';
import { ApiError } from '../../api/api-error.ts';
import { EventStreamParser } from './event-stream.ts';
import type { ProbeEvent } from './probe.ts';

export interface FeedListener {
  readonly onEvents: (events: readonly ProbeEvent[]) => void;
  /** So many passed while this page was too slow, or before it began. */
  readonly onMissed: (events: number) => void;
  readonly onLive: (live: boolean) => void;
}

const RETRY_MS = 1_000;

/** Follows a probe until it ends or `signal` says so; comes back where it left off. Rejects where the gateway refuses. */
export async function followProbe(id: string, listener: FeedListener, signal: AbortSignal): Promise<void> {
  const place = { after: 0 };
  while (!signal.aborted) {
    try {
      if (await readOnce(id, place, listener, signal)) return;
    } catch (error) {
      listener.onLive(false);
      if (signal.aborted || (error instanceof ApiError && error.status !== 0 && error.status < 500)) throw error;
    }
    await pause(RETRY_MS, signal);
  }
}

/** Resolves with whether the probe has ended. */
async function readOnce(id: string, place: { after: number }, listener: FeedListener, signal: AbortSignal): Promise<boolean> {
  const path = `ops/probes/${encodeURIComponent(id)}/events?after=${String(place.after)}`;
  const response = await fetch(`${API}/${path}`, {
    headers: { accept: 'text/event-stream', ...backgroundHeader(path) },
    signal,
  });
  if (!response.ok || response.body === null) throw await refusalOf(response);
  listener.onLive(true);
  const parser = new EventStreamParser();
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const events: ProbeEvent[] = [];
    for (const { event, data } of parser.push(text)) {
      if (event === 'reopen') continue;
      if (event === 'missed') listener.onMissed((JSON.parse(data) as { readonly events: number }).events);
      else events.push(JSON.parse(data) as ProbeEvent);
    }
    if (events.length === 0) continue;
    place.after = events.at(-1)?.n ?? place.after;
    listener.onEvents(events);
    if (events.some(({ kind }) => kind === 'ended')) return true;
  }
  return false;
}

async function refusalOf(response: Response): Promise<ApiError> {
  const { code = 'NETWORK', message = `The gateway answered with ${String(response.status)}.` } = (await response
    .json()
    .catch(() => ({}))) as { readonly code?: string; readonly message?: string };
  return new ApiError(code, message, response.status);
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
