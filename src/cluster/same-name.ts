import type { NodeChannel } from './node-channel.js';

const WHO = 'member.who';
const ME = 'member.me';

/** Asks another run of this node's own name whether it lives. Its lease does not tell: it outlives a process that was killed. */
export class SameName {
  private readonly heard = new Map<string, () => void>();

  constructor(
    private readonly channel: NodeChannel,
    private readonly run: string,
    private readonly waitMs: number,
  ) {
    channel.on(WHO, (word) => {
      if (word['run'] !== run) void channel.say(ME, { run }, channel.node).catch(() => undefined);
    });
    channel.on(ME, (word) => this.heard.get(String(word['run']))?.());
  }

  /** Whether it answered in time. One that hangs did not. */
  async isAlive(other: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), this.waitMs);
    this.heard.set(other, () => resolve(true));
    try {
      await this.channel.say(WHO, { run: this.run }, this.channel.node);
      return await promise;
    } finally {
      clearTimeout(timer);
      this.heard.delete(other);
    }
  }
}
