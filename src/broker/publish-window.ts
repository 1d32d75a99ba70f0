/** Bounds what is under way to Redis, which may hang: nothing waits here, what has no room is refused. */
export class PublishWindow {
  private messages = 0;
  private bytes = 0;

  constructor(
    private readonly mostMessages: number,
    private readonly mostBytes: number,
  ) {}

  /** Whether there is room for one more message of this size; a large one has room where nothing else is under way. */
  hasRoom(bytes: number): boolean {
    if (this.messages === 0) return true;
    return this.messages < this.mostMessages && this.bytes + bytes <= this.mostBytes;
  }

  /** Counts a message while its call lasts. */
  async hold<T>(bytes: number, call: Promise<T>): Promise<T> {
    this.messages += 1;
    this.bytes += bytes;
    try {
      return await call;
    } finally {
      this.messages -= 1;
      this.bytes -= bytes;
    }
  }
}
