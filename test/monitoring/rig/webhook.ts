import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One alert of a notification; the fields of Alertmanager's webhook, version 4. */
export interface NotifiedAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
}

/** What somebody on call was told. */
export interface Notification {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly receiver: string;
  readonly alerts: readonly NotifiedAlert[];
}

/** Whoever is on call: takes what Alertmanager sends, and keeps it. */
export class Webhook {
  static async start(): Promise<Webhook> {
    const webhook = new Webhook();
    webhook.server.listen(0, '127.0.0.1');
    await once(webhook.server, 'listening');
    return webhook;
  }

  readonly notifications: Notification[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as Omit<Notification, 'at'>;
        this.notifications.push({ at: Date.now(), receiver: body.receiver, alerts: body.alerts });
        response.end();
      });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** The first time that an alert was told of in this state, at or after a moment. */
  told(
    name: string,
    status: NotifiedAlert['status'],
    since = 0,
  ): { readonly at: number; readonly receiver: string; readonly alert: NotifiedAlert } | undefined {
    for (const { at, receiver, alerts } of this.notifications) {
      const alert = alerts.find((each) => each.labels['alertname'] === name && each.status === status);
      if (alert !== undefined && at >= since) return { at, receiver, alert };
    }
    return undefined;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
