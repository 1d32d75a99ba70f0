import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { NodeChannel, type NodeWord } from './node-channel.js';

/** What may have changed in the database. */
export type NudgeKind = 'api_keys' | 'erasures' | 'operator_sessions' | 'orders' | 'revocations' | 'settings';

/** @param about which of them; undefined: any. */
export type NudgeListener = (about: readonly string[] | undefined) => void;

/** Changes of one kind that come within this time are one word. */
const GATHER_MS = 50;
/** Where more are named, all are meant. */
const MOST_NAMED = 100;

interface Gathered {
  /** Undefined: all are meant. */
  about: Set<string> | undefined;
  isDue: boolean;
}

/**
 * Tells the other nodes to look into the database now instead of at their time. A nudge may be lost: every listener looks by itself too, now
 * and then. However much changes, a node says no more than twenty words of a kind in a second.
 */
@Injectable()
export class Nudges implements OnModuleDestroy {
  private readonly logger = new Logger('Nudges');
  private readonly resting = new Map<NudgeKind, { readonly timer: NodeJS.Timeout; readonly next: Gathered }>();
  private stopped = false;

  constructor(private readonly channel: NodeChannel) {}

  /** Calls the listener when another node has changed something; the answer ends it. */
  on(kind: NudgeKind, listener: NudgeListener): () => void {
    return this.channel.on(nameOf(kind), (word, from) => {
      // What this node changed it knows.
      if (from !== this.channel.node) listener(aboutOf(word));
    });
  }

  /** To be called when the change is committed. Never waits and never fails. `about`: what changed; absent: anything. */
  tell(kind: NudgeKind, about?: string): void {
    if (this.stopped) return;
    const resting = this.resting.get(kind);
    if (resting === undefined) {
      this.say(kind, about === undefined ? undefined : new Set([about]));
      this.rest(kind);
      return;
    }
    const { next } = resting;
    if (!next.isDue) next.about = new Set();
    next.isDue = true;
    if (about === undefined || next.about === undefined || next.about.size >= MOST_NAMED) next.about = undefined;
    else next.about.add(about);
  }

  /** What waits is said at once, because the node stops. */
  onModuleDestroy(): void {
    this.stopped = true;
    for (const [kind, { timer, next }] of this.resting) {
      clearTimeout(timer);
      if (next.isDue) this.say(kind, next.about);
    }
    this.resting.clear();
  }

  private rest(kind: NudgeKind): void {
    const next: Gathered = { about: undefined, isDue: false };
    const timer = setTimeout(() => {
      this.resting.delete(kind);
      if (!next.isDue) return;
      this.say(kind, next.about);
      this.rest(kind);
    }, GATHER_MS).unref();
    this.resting.set(kind, { timer, next });
  }

  private say(kind: NudgeKind, about: ReadonlySet<string> | undefined): void {
    this.channel.say(nameOf(kind), about === undefined ? {} : { about: [...about] }).catch((error: unknown) => {
      // The others find it at their time; that the channel is broken is told by the health of the bus.
      this.logger.debug(`${kind} was not said to the other nodes: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

function nameOf(kind: NudgeKind): string {
  return `nudge.${kind}`;
}

function aboutOf({ about }: NodeWord): readonly string[] | undefined {
  return Array.isArray(about) ? about.filter((name) => typeof name === 'string') : undefined;
}
