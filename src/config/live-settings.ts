import type { Config } from './config.js';

type Listener = (now: Config, before: Config) => void;

/**
 * The settings as they are at this moment: `Config` holds those of the start, this holds them with every change that operators made
 * since. What may change while the program runs (options marked `live`) is read from `current` each time it is needed.
 */
export class LiveSettings {
  private settings: Config;
  private readonly listeners = new Set<Listener>();

  constructor(atStart: Config) {
    this.settings = atStart;
  }

  get current(): Config {
    return this.settings;
  }

  /** Puts other settings in force at once and tells every listener. */
  replace(next: Config): void {
    const before = this.settings;
    this.settings = next;
    for (const listener of this.listeners) listener(next, before);
  }

  /** For what derives something from settings; answers how to stop listening. */
  onChange(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
