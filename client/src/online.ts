/** Calls the listener whenever the network may be back; the answer ends that. */
export type OnlineSource = (listener: () => void) => () => void;

/** The `online` event of browsers (WHATWG HTML, "Browser state"). Platforms without it never call. */
export const PLATFORM_ONLINE: OnlineSource = (listener) => {
  if (typeof globalThis.addEventListener !== 'function') return () => undefined;
  globalThis.addEventListener('online', listener);
  return () => globalThis.removeEventListener('online', listener);
};
