import { type Hint, HintSource } from './hint-source.js';

/** Hints of a log in memory: nobody but this node writes to it, so there are none. */
export class MemoryHintSource extends HintSource {
  override read(): Promise<readonly Hint[]> {
    return Promise.resolve([]);
  }
}
