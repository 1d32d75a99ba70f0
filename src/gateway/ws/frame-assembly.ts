/**
 * Notices a peer that never finishes a message: bytes that keep coming without completing a frame. A peer that falls silent inside a
 * frame is the heartbeat's to notice.
 */
export class FrameAssembly {
  private completed = 0;
  private completedAtArrival = 0;
  private partialSince = 0;

  /** A frame of any kind is complete. */
  complete(): void {
    this.completed += 1;
  }

  /** Bytes came. Answers how long a frame has been incomplete, in milliseconds. */
  arrived(now: number): number {
    if (this.completed !== this.completedAtArrival) {
      this.completedAtArrival = this.completed;
      this.partialSince = 0;
      return 0;
    }
    if (this.partialSince === 0) this.partialSince = now;
    return now - this.partialSince;
  }
}
