/**
 * Longest time between two arrivals that is counted, in milliseconds: it may be this node that stood still, not the peer. A peer that
 * waits longer each time needs more bytes to reach the limit, and does reach it.
 */
const LONGEST_GAP_MS = 5_000;

/**
 * Notices a peer that never finishes a message: bytes that keep coming without completing a frame. A peer that falls silent inside a
 * frame is the heartbeat's to notice.
 */
export class FrameAssembly {
  private completed = 0;
  private completedAtArrival = 0;
  private arrivedAt = 0;
  private partialMs = 0;

  /** A frame of any kind is complete. */
  complete(): void {
    this.completed += 1;
  }

  /** Bytes came. Answers how long a frame has been incomplete, in milliseconds. */
  arrived(now: number): number {
    if (this.completed !== this.completedAtArrival) {
      this.completedAtArrival = this.completed;
      this.arrivedAt = 0;
      return 0;
    }
    this.partialMs = this.arrivedAt === 0 ? 0 : this.partialMs + Math.min(now - this.arrivedAt, LONGEST_GAP_MS);
    this.arrivedAt = now;
    return this.partialMs;
  }
}
