/** Topics that somebody who is watched is subscribed to: what is published there is traced, and remembered for their deliveries. */
export class TouchedTopics {
  private topics = new Map<string, Set<string>>();

  has(topic: string): boolean {
    return this.topics.has(topic);
  }

  add(topic: string, connection: string): void {
    const connections = this.topics.get(topic);
    if (connections === undefined) this.topics.set(topic, new Set([connection]));
    else connections.add(connection);
  }

  remove(topic: string, connection: string): void {
    const connections = this.topics.get(topic);
    if (connections?.delete(connection) === true && connections.size === 0) this.topics.delete(topic);
  }

  /** The connection is gone. */
  leave(connection: string): void {
    for (const topic of this.topics.keys()) this.remove(topic, connection);
  }

  clear(): void {
    this.topics = new Map();
  }
}
