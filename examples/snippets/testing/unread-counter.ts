import type { WaybillClient } from '@waybill/client';

/** Part of an application: counts what others wrote since the user last looked. */
export class UnreadCounter {
  count = 0;

  constructor(client: WaybillClient, topic: string, user: string) {
    client.subscribe<{ readonly from: string }>(topic, ({ data }) => {
      if (data.from !== user) this.count += 1;
    });
  }

  looked(): void {
    this.count = 0;
  }
}
