import type { ErrorCode } from '../protocol/error-codes.js';
import type { Refused } from './refused.js';
import type { ConnectionClose, ConnectionFacts, Door, QueuedOutcome } from './telemetry.js';

/** A place in a topic. */
export interface WatchedPlace {
  readonly topic: string;
  readonly epoch: string;
  readonly seq: number;
}

/** What became of something that was offered to a connection. */
export type WatchedResult = 'written' | 'queued' | 'dropped' | 'overflow' | 'closed';

/** A frame that is offered to a connection; without a place it is a control frame, or a message that was recovered. */
export interface WatchedFrame {
  readonly bytes: { readonly length: number };
  readonly live?: WatchedPlace | undefined;
  readonly carries?: WatchedPlace | undefined;
}

/** Is told what becomes of one offer, once. */
export type ResultListener = (result: WatchedResult) => void;

/** Watches everything that one connection is offered. */
export interface OfferWatch {
  /** Something is about to be offered; undefined: nobody wants to know what becomes of it. */
  offered(frames: readonly WatchedFrame[], replay: boolean): ResultListener | undefined;
}

/** A connection or event stream, as the core knows it. */
export interface WatchedSubscriber {
  readonly id: string;
  readonly facts?: ConnectionFacts;
  readonly principal: { readonly id: string };
}

/** A message on its way to the subscribers of its topic. */
export interface HandedMessage extends WatchedPlace {
  readonly msgId: string;
  readonly publisher: string;
  readonly action: string;
  /** The payload's JSON text. */
  readonly dataText: string;
}

/** Watches messages that are handed to the subscribers of one topic. */
export interface HandingWatch {
  /** One of them is about to be offered the messages; undefined: enough of them were told of one by one. */
  recipient(subscriber: WatchedSubscriber): ResultListener | undefined;
  /** Everybody was offered them, and this is how often each result was met. */
  done(counts: Readonly<Record<WatchedResult, number>>): void;
}

/** Something that happened and is not a delivery. */
export type Sighting =
  | { readonly kind: 'connected'; readonly connection: ConnectionFacts }
  | { readonly kind: 'closed'; readonly connection: ConnectionFacts; readonly close: ConnectionClose }
  | { readonly kind: 'refused'; readonly refused: Refused }
  | {
      readonly kind: 'command';
      readonly connection: ConnectionFacts;
      readonly action: string;
      readonly msgId: string | undefined;
      readonly result: ErrorCode;
      readonly durationMs: number;
      readonly traceId: string | undefined;
    }
  /** `publisher`: principal id; `stored`: undefined where it was not. */
  | {
      readonly kind: 'published';
      readonly topic: string;
      readonly publisher: string | undefined;
      readonly connection: ConnectionFacts | undefined;
      readonly door: Door;
      readonly msgId: string;
      readonly bytes: number;
      readonly dataText: string | undefined;
      readonly stored: { readonly epoch: string; readonly seq: number; readonly duplicate: boolean } | undefined;
      readonly result: ErrorCode;
      readonly message: string | undefined;
      readonly durationMs: number;
      readonly traceId: string | undefined;
    }
  | (SubscriberSighting & { readonly subscriber: WatchedSubscriber; readonly traceId: string | undefined })
  /** What had been answered `queued`, or `dropped`, has an outcome. */
  | {
      readonly kind: 'settled';
      readonly connection: ConnectionFacts;
      readonly outcome: QueuedOutcome;
      readonly messages: readonly WatchedPlace[];
    }
  | { readonly kind: 'slow'; readonly connection: ConnectionFacts; readonly slow: boolean; readonly queuedBytes: number }
  | { readonly kind: 'gap'; readonly connection: ConnectionFacts; readonly gaps: number };

/** What happened to one subscription. */
export type SubscriberSighting =
  | {
      readonly kind: 'subscribed';
      readonly topic: string;
      readonly epoch: string;
      readonly head: number;
      /** Undefined: it asked for nothing that it missed. */
      readonly recovered: boolean | undefined;
      readonly count: number;
    }
  | { readonly kind: 'unsubscribed'; readonly topic: string }
  | { readonly kind: 'acked'; readonly topic: string; readonly seq: number };

/**
 * Port: what the hot path asks of the probes of operators.
 *
 * The contract's hard sentence: nothing of it is called while `isActive` is false, which is one read for a slice of messages, not one for
 * each recipient. Implementations must not throw and must not block, and bound what they keep themselves.
 */
export abstract class ProbeWatch {
  /** Whether anybody watches anything. */
  abstract readonly isActive: boolean;
  /** Who watches what this connection is offered; asked when it opens, and again whenever a probe begins or ends. */
  abstract offersOf(connection: ConnectionFacts): OfferWatch | undefined;
  /** Messages are about to be handed to their topic's subscribers; `deliveries`: the traceparent of each one's delivery. */
  abstract handing(messages: readonly HandedMessage[], deliveries: readonly (string | undefined)[]): HandingWatch | undefined;
  abstract saw(sighting: Sighting): void;
}

/** Nobody watches. */
export const NO_PROBES: ProbeWatch = {
  isActive: false,
  offersOf: () => undefined,
  handing: () => undefined,
  saw: () => undefined,
};
