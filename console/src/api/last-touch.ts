const KEY = 'waybill.touched';
/** Another page of this browser learns of a touch at most this much later, milliseconds. */
const STEP_MS = 5_000;
/** So long after a touch what is asked is still counted as asked by somebody, milliseconds: longer than a touch may be unknown. */
const ATTENDED_MS = 10_000;
const EVENTS = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

/** When somebody last touched a page of the console in this browser: pages share one session, so they share this too. */
export function lastTouch(): number {
  const at = Number(window.localStorage.getItem(KEY));
  return Number.isFinite(at) ? at : 0;
}

export function touch(now = Date.now()): void {
  if (now - lastTouch() >= STEP_MS) window.localStorage.setItem(KEY, String(now));
}

/** Whether nobody has touched a page for a while. */
export function isLeftAlone(now = Date.now()): boolean {
  return now - lastTouch() > ATTENDED_MS;
}

/** Notes what people do from now on. Answers how to stop. */
export function watchTouches(): () => void {
  const noted = () => touch();
  for (const event of EVENTS) window.addEventListener(event, noted, { passive: true, capture: true });
  return () => {
    for (const event of EVENTS) window.removeEventListener(event, noted, { capture: true });
  };
}
