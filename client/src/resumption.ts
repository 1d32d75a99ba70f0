import type { WaybillError } from './errors.js';
import type { Welcome } from './frames.js';
import type { Settlement } from './requests.js';
import { ServerTopics } from './server-topics.js';
import type { Subscriptions } from './subscriptions.js';
import type { TopicSubscription } from './topic-subscription.js';

/** Bytes of a frame that are not the list of topics. */
const FRAME_MARGIN = 1_024;

export interface ResumptionOptions {
  readonly subscriptions: Subscriptions;
  readonly serverTopics: ServerTopics;
  readonly dispatch: (action: string, data: unknown, settlement: Settlement) => void;
  readonly problem: (error: WaybillError) => void;
}

/**
 * What is said first on each connection, so that everything goes on where it stood. With the session of the connection before it is one
 * frame, and the server knows the two connections for one client; where the server has that session no more, all is asked for anew.
 * Positions are always ours: the server knows what it wrote, not what arrived.
 */
export class Resumption {
  /** Of the last connection whose subscriptions were answered for. */
  #session: string | undefined;

  constructor(private readonly options: ResumptionOptions) {}

  opened(welcome: Welcome): void {
    const { user, session, frameBytes, hasServerTopics } = welcome;
    const former = this.#session;
    if (hasServerTopics && former !== undefined && session !== undefined) {
      const asked = this.options.subscriptions.restoring();
      const topics = [...this.options.serverTopics.request(user), ...asked.map((subscription) => subscription.request())];
      // Names of topics are ASCII, and so is the rest.
      if (JSON.stringify(topics).length <= frameBytes - FRAME_MARGIN) return this.#resume(former, topics, asked, welcome);
    }
    this.#begin(welcome);
  }

  #resume(former: string, topics: readonly unknown[], asked: readonly TopicSubscription[], welcome: Welcome): void {
    this.options.dispatch(
      'resume',
      { session: former, topics },
      {
        done: (data) => {
          this.#session = welcome.session;
          this.options.serverTopics.answered(data);
          this.#leave(this.options.subscriptions.restored(asked, data));
        },
        // Where the connection was lost nobody knows what became of it: the next one asks for the same session.
        failed: (error) => {
          if (!isLost(error)) this.#begin(welcome);
        },
      },
    );
  }

  /** Without the session of another connection. */
  #begin({ user, session, hasServerTopics }: Welcome): void {
    this.#session = session;
    if (hasServerTopics) {
      this.options.dispatch(
        'resume',
        { topics: this.options.serverTopics.request(user) },
        {
          done: (data) => this.options.serverTopics.answered(data),
          failed: (error) => {
            if (!isLost(error)) this.options.problem(error);
          },
        },
      );
    }
    this.options.subscriptions.restore();
  }

  /** The session had them, and the application has left them since. */
  #leave(topics: readonly string[]): void {
    const left = topics.filter((topic) => !ServerTopics.owns(topic));
    if (left.length === 0) return;
    this.options.dispatch('topic.unsubscribe', { topics: left }, { done: () => undefined, failed: () => undefined });
  }
}

function isLost({ code }: WaybillError): boolean {
  return code === 'CONNECTION_LOST' || code === 'CLOSED';
}
