/**
 * Where publishes come from that can be held up. A source with a publish that waits for room is not read, so what it goes on sending
 * stays with it (a socket's peer is pushed back by TCP) and costs this node no memory.
 */
export interface PublishSource {
  /** The first of its publishes waits. */
  publishWaits(): void;
  /** None of its publishes waits any more. */
  publishesGoOn(): void;
}
