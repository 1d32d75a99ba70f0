import { WaybillClient, type ClientOptions, type Gap, type PublishResult, WaybillError } from '@waybill/client';

export interface ProbeOptions {
  readonly address: string;
  readonly token: ClientOptions['token'];
  readonly minDelayMs?: number;
  readonly maxDelayMs?: number;
  readonly publishTimeoutMs?: number;
}

/** What a subscriber saw, in the order in which it saw it. */
export type Seen = { readonly seq: number; readonly data: unknown } | { readonly gap: Gap };

/** What became of steady publishing. */
export interface Published {
  readonly data: readonly string[];
  readonly receipts: readonly PublishResult[];
  readonly failures: readonly string[];
}

/** A client with a record of everything that happened to it. Runs in Node and in a page alike: it uses nothing but the client. */
export class ClientProbe {
  readonly client: WaybillClient;
  /** `connected`, `reconnected`, `disconnected`, `closed CODE`, `error CODE`, in order. */
  readonly events: string[] = [];
  readonly seen: Seen[] = [];
  readonly presence: string[] = [];
  #publishing = false;
  #published: Promise<Published> | undefined;

  constructor({ address, token, minDelayMs = 50, maxDelayMs = 300, publishTimeoutMs = 30_000 }: ProbeOptions) {
    this.client = new WaybillClient(address, { token, backoff: { minDelayMs, maxDelayMs }, publishTimeoutMs });
    this.client.on('connected', ({ reconnected }) => this.events.push(reconnected ? 'reconnected' : 'connected'));
    this.client.on('disconnected', () => this.events.push('disconnected'));
    this.client.on('closed', ({ code }) => this.events.push(`closed ${code}`));
    this.client.on('error', ({ code }) => this.events.push(`error ${code}`));
  }

  async subscribe(topic: string): Promise<void> {
    const subscription = this.client.subscribe(topic, ({ seq, data }) => this.seen.push({ seq, data }));
    subscription.on('gap', (gap) => this.seen.push({ gap }));
    subscription.on('presence', ({ kind, users }) => this.presence.push(...users.map((user) => `${kind} ${user}`)));
    await subscription.ready();
  }

  /** The code of what `connect` rejects with; `connected` where it does not. */
  connectOutcome(): Promise<string> {
    return this.client.connect().then(
      () => 'connected',
      (thrown: unknown) => (thrown instanceof WaybillError ? thrown.code : String(thrown)),
    );
  }

  /** The last position seen: a message's or a gap's. */
  reached(): number {
    const last = this.seen.at(-1);
    if (last === undefined) return 0;
    return 'gap' in last ? last.gap.to : last.seq;
  }

  /** Publishes `NAME 0`, `NAME 1` … without waiting for receipts, until told to stop. */
  startPublishing(topic: string, name: string, everyMs: number): void {
    this.#publishing = true;
    this.#published = this.#publishSteadily(topic, name, everyMs);
  }

  /** Stops, and waits for the receipt of everything that was published. */
  async stopPublishing(): Promise<Published> {
    this.#publishing = false;
    return (await this.#published) ?? { data: [], receipts: [], failures: [] };
  }

  async #publishSteadily(topic: string, name: string, everyMs: number): Promise<Published> {
    const data: string[] = [];
    const failures: string[] = [];
    const underWay: Promise<PublishResult | undefined>[] = [];
    while (this.#publishing) {
      const text = `${name} ${data.length}`;
      data.push(text);
      underWay.push(
        this.client.publish(topic, text).catch((thrown: unknown) => {
          failures.push(`${text}: ${String(thrown)}`);
          return undefined;
        }),
      );
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
    const receipts = (await Promise.all(underWay)).filter((receipt) => receipt !== undefined);
    return { data, receipts, failures };
  }
}
