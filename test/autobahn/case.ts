/** What a case sees of the peer while it runs; `mark` stands for a pause after which the connection was still open. */
export type CaseEvent =
  { readonly kind: 'text' | 'binary' | 'ping' | 'pong'; readonly payload: Buffer } | { readonly kind: 'mark'; readonly name: string };

/** Bytes are one write each, a turn of the event loop apart; a pause sees whether the peer has failed the connection by then. */
export type Step = Buffer | { readonly pause: string } | { readonly untilEvents: number };

export type End =
  /** Once everything expected has come, we close with 1000 and the peer answers. */
  | { readonly by: 'us' }
  /** The steps hold a close frame; `codes` may answer it. `clean`: the answer must come before the TCP connection ends. */
  | { readonly by: 'steps'; readonly codes: readonly number[]; readonly clean: boolean }
  /** The peer fails the connection. */
  | { readonly by: 'peer'; readonly codes: readonly number[] };

/** One case of the Autobahn test suite, by its id there. */
export interface AutobahnCase {
  readonly id: string;
  readonly input: string;
  readonly steps: readonly Step[];
  readonly expected: readonly CaseEvent[];
  /** What a peer that is less strict may show. */
  readonly lenient?: readonly CaseEvent[];
  readonly end: End;
  /** The standard leaves the outcome open: it is written down, not judged. */
  readonly informational?: boolean;
  /** Longest time the case may take, in milliseconds. */
  readonly limitMs?: number;
}

/** No code stood in the close frame (RFC 6455 section 7.1.5). */
export const NO_CODE = 1005;
export const NORMAL = 1000;
export const PROTOCOL_ERROR = 1002;
export const INVALID_PAYLOAD = 1007;

export const BY_US: End = { by: 'us' };
export const FAILED: End = { by: 'peer', codes: [PROTOCOL_ERROR] };

export const textEvent = (payload: Buffer | string): CaseEvent => ({ kind: 'text', payload: Buffer.from(payload) });
export const binaryEvent = (payload: Buffer): CaseEvent => ({ kind: 'binary', payload });
export const pongEvent = (payload: Buffer | string): CaseEvent => ({ kind: 'pong', payload: Buffer.from(payload) });
