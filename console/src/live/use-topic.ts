import { useEffect, useRef, useState } from 'react';
import { liveClient } from './live-client.ts';

export interface LiveTopic<Data> {
  /** The newest message; undefined until there is one. */
  readonly newest: Data | undefined;
  /** Whether messages come now. */
  readonly live: boolean;
}

/** Follows a topic as long as the component is there. */
export function useTopic<Data>(topic: string, onMessage?: (data: Data) => void): LiveTopic<Data> {
  const [newest, setNewest] = useState<Data>();
  const [live, setLive] = useState(false);
  const listener = useRef(onMessage);
  listener.current = onMessage;
  useEffect(() => {
    const client = liveClient();
    const subscription = client.subscribe(topic);
    const stopListening = client.on('disconnected', () => setLive(false));
    subscription.on('message', ({ data }) => {
      setNewest(data as Data);
      listener.current?.(data as Data);
    });
    subscription.on('subscribed', () => setLive(true));
    subscription.on('ended', () => setLive(false));
    return () => {
      stopListening();
      subscription.unsubscribe();
    };
  }, [topic]);
  return { newest, live };
}
