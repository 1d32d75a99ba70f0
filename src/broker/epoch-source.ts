import { randomBytes } from 'node:crypto';

const RUN_BYTES = 5;

/** Makes epochs that no other process makes, and none twice. */
export class EpochSource {
  private readonly run = randomBytes(RUN_BYTES).toString('hex');
  private made = 0;

  next(): string {
    this.made += 1;
    return `${this.run}${this.made.toString(36)}`;
  }
}
