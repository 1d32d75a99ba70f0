/** Upgrades begun in one turn of the event loop: a few milliseconds of work. */
const UPGRADES_PER_TURN = 16;

/**
 * Begins upgrades in the order in which they came, a few in each turn of the event loop: a thousand that arrive at once must not hold
 * up what the other connections have sent meanwhile.
 */
export class UpgradeTurns {
  private readonly waiting: (() => void)[] = [];
  private scheduled = false;

  /** `begin` is called at the end of this turn at the earliest. It must not throw. */
  add(begin: () => void): void {
    this.waiting.push(begin);
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const begun = this.waiting.splice(0, UPGRADES_PER_TURN);
      // Asked for before the work, so that the next turn is certain whatever this one does.
      this.schedule();
      for (const begin of begun) begin();
    });
  }
}
