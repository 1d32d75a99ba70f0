import type { Message, Subscription, WaybillClient, WaybillError } from '@waybill/client';
import { useEffect, useState } from 'react';

export interface TopicState<T> {
  /** Those that came while the component was mounted, oldest first. */
  readonly messages: readonly Message<T>[];
  /** Why nothing more will come: the server refused the subscription, or the client was closed. */
  readonly ended: WaybillError | undefined;
}

/** What was heard, and of which topic: a component that turns to another topic must not show this one's messages under its name. */
interface Heard<T> extends TopicState<T> {
  readonly client: WaybillClient;
  readonly topic: string;
}

/** Components that show a topic: they share one subscription, which the last of them ends. */
const shown = new WeakMap<Subscription, number>();

/** The last `limit` messages of a topic. Let one client serve the whole page: make it outside of your components. */
export function useTopic<T>(client: WaybillClient, topic: string, limit = 100): TopicState<T> {
  const nothing: Heard<T> = { client, topic, messages: [], ended: undefined };
  const [heard, setHeard] = useState(nothing);
  useEffect(() => {
    setHeard(nothing);
    const subscription = client.subscribe<T>(topic);
    shown.set(subscription, (shown.get(subscription) ?? 0) + 1);
    const removers = [
      subscription.on('message', (message) => setHeard((before) => ({ ...before, messages: [...before.messages, message].slice(-limit) }))),
      subscription.on('ended', (ended) => setHeard((before) => ({ ...before, ended }))),
    ];
    return () => {
      for (const remove of removers) remove();
      const others = (shown.get(subscription) ?? 1) - 1;
      shown.set(subscription, others);
      if (others === 0) subscription.unsubscribe();
    };
  }, [client, topic, limit]);
  return heard.client === client && heard.topic === topic ? heard : nothing;
}
