import type { Browser, Page } from 'playwright-core';

const US_PER_MS = 1_000;
const PAGE_THREAD = 'CrRendererMain';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** CPU time of the thread, microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/**
 * CPU time of the longest task of a page's one thread while something is done, in milliseconds. A busy machine does not lengthen it, as it
 * does what a clock measures.
 */
export async function longestTask(browser: Browser, page: Page, perform: () => Promise<void>): Promise<number> {
  await browser.startTracing(page, { categories: ['toplevel', '__metadata'] });
  await perform();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const threads = new Set(traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === PAGE_THREAD).map(threadOf));
  const times = traceEvents.flatMap((event) => (event.tdur !== undefined && threads.has(threadOf(event)) ? [event.tdur / US_PER_MS] : []));
  if (times.length === 0) throw new Error('the browser told of no task of the page');
  return Math.max(...times);
}

function threadOf({ pid, tid }: TraceEvent): string {
  return `${pid} ${tid}`;
}
