/** What a connection of the load is for. */
export type Role = 'subscriber' | 'publisher';

/** One step between the upgrade and being ready: waits for a message with this text in it, then says this, if anything. */
export interface Step {
  readonly awaits: string;
  readonly says: string | undefined;
}

/** What of a run a dialect has to know. */
export interface DialectOptions {
  /** Payload bytes of a publish. */
  readonly payloadBytes: number;
  /** With which the gateway checks tokens. */
  readonly secret: string;
  /** Topics that each subscriber subscribes to beside the one that is published to. */
  readonly idleTopics: number;
}

/** How a connection asks for its upgrade. */
export interface Upgrade {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** How one kind of server is spoken to: what differs between it and the others. */
export interface Dialect {
  /** Messages of the client are binary rather than text. */
  readonly isBinary: boolean;
  /** Payload bytes from which on a message of the server is a delivery. */
  readonly shortestDelivery: number;
  /** Bytes of one delivery where a frame holds any number of them, cut anywhere; undefined where each has a frame of its own. */
  readonly streamedBytes: number | undefined;
  /** `index` counts the subscribers. */
  upgrade(role: Role, index: number): Upgrade;
  steps(role: Role, index: number): readonly Step[];
  publish(number: number): string;
  /** What to say to a message that is no delivery; undefined for nothing. Throws where it refuses something. */
  answer(text: string): string | undefined;
}
