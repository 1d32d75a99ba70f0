import type { WaybillClient } from '@waybill/client';

/** Keeps a list of the users in a topic current: calls `show` now and whenever somebody comes or goes. The answer ends it. */
export async function showWhoIsHere(client: WaybillClient, topic: string, show: (users: readonly string[]) => void): Promise<() => void> {
  const subscription = client.subscribe(topic);
  const refresh = async (): Promise<void> => {
    const { members } = await subscription.presence();
    show([...new Set(members.map(({ user }) => user))].sort());
  };
  // Fetched, not added up: what happened while the connection was away was told to nobody.
  subscription.on('presence', refresh);
  subscription.on('subscribed', refresh);
  await subscription.ready();
  return () => subscription.unsubscribe();
}
