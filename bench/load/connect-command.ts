import type { HistogramCounts } from '../rig/histogram.ts';

/** What the rig asks of the process that holds connections; each is answered once. */
export type ConnectCommand =
  | {
      /** Makes the upgrade requests, so that minting tokens is no part of what is timed. */
      readonly kind: 'prepare';
      readonly host: string;
      readonly port: number;
      readonly connections: number;
      /** Absent: requests without a token. */
      readonly tokens?: { readonly secret: string; readonly userPrefix: string };
      /** Source addresses 127.0.x.1 to 127.0.x.200. */
      readonly network: number;
    }
  | {
      /** Opens all connections that are prepared, with the same requests each time. */
      readonly kind: 'connect';
      readonly inFlight: number;
    }
  | {
      /** Subscribes each connection to one of the topics, in turn. */
      readonly kind: 'subscribe';
      readonly topics: readonly string[];
      readonly inFlight: number;
    }
  | {
      /** Resets all connections at once. */
      readonly kind: 'reset';
    };

/** Of the connects or subscribes of one command. */
export interface ConnectResult {
  readonly seconds: number;
  /** CPU time of the load meanwhile, in milliseconds. */
  readonly cpuMs: number;
  /** Durations of each, from its begin to the frame that completes it. */
  readonly durations: HistogramCounts;
  /** Connects that were reset before they were accepted, and begun again. */
  readonly retries: number;
}

export type ConnectAnswer = { readonly result: ConnectResult } | { readonly error: string };
