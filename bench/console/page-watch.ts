/** Globals of a watched page; read by `Visit`. */
export interface WatchedPage {
  /** Milliseconds that each long task took (W3C Long Tasks: 50 or more). */
  readonly waybillLongTasks: number[];
  /** When the first figures were painted, milliseconds after the navigation began; undefined before. */
  waybillDrawnMs?: number;
}

/** Runs in each page before its own scripts: notes long tasks, and when the overview first shows figures. Refers to nothing outside itself. */
export function watchPage(): void {
  const page = globalThis as unknown as WatchedPage;
  const tasks: number[] = [];
  Object.assign(page, { waybillLongTasks: tasks });
  interface Element {
    readonly textContent: string | null;
    querySelector(selector: string): Element | null;
  }
  const {
    document,
    MutationObserver,
    requestAnimationFrame,
    PerformanceObserver: LongTasks,
  } = globalThis as unknown as {
    readonly document: Element;
    readonly PerformanceObserver: new (told: (list: { getEntries(): readonly { readonly duration: number }[] }) => void) => {
      observe(options: object): void;
    };
    readonly MutationObserver: new (told: () => void) => { observe(target: Element, options: object): void; disconnect(): void };
    readonly requestAnimationFrame: (then: () => void) => void;
  };
  new LongTasks((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: 'longtask', buffered: true });
  const observer = new MutationObserver(() => {
    const figure = document.querySelector('[data-testid="vital-connections"] [data-figure]')?.textContent ?? '';
    if (!/\d/.test(figure) || document.querySelector('[data-testid="standing"]') === null) return;
    observer.disconnect();
    // The second frame begins when the first has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => (page.waybillDrawnMs = performance.now())));
  });
  observer.observe(document, { childList: true, subtree: true, characterData: true });
}
