/** What a station is asked to do. */
export type Question =
  | { readonly do: 'join'; readonly url: string; readonly topics: number; readonly listens: boolean }
  /** Publishes for so long, so many at a time. */
  | {
      readonly do: 'publish';
      readonly seconds: number;
      readonly inFlight: number;
      readonly payloadBytes: number;
      readonly durable: boolean;
    }
  | { readonly do: 'count' };

/** What it has done so far: messages published or received, and its processor time in microseconds. */
export interface Count {
  readonly messages: number;
  readonly cpuUs: number;
}
