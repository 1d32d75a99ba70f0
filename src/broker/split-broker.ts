import { Broker, type BrokerListener, type BusRole } from '../messaging/broker.js';
import type { AppendOutcome, HistoryPage, ReadRange, TopicEnds, TopicSummary } from '../messaging/message-log.js';
import type { Draft, Message } from '../messaging/message.js';
import { CANARY_NAMESPACE, namespaceOf, OPS_NAMESPACE } from '../protocol/topic-name.js';

/** Namespaces whose topics are a node's own: the canary judges this node alone, and its samples are for whoever looks at it. */
const OWN: ReadonlySet<string> = new Set([CANARY_NAMESPACE, OPS_NAMESPACE]);

/** The bus of a node that has others beside it: topics that are its own stay within it, whatever becomes of the others' bus. */
export class SplitBroker extends Broker {
  constructor(
    private readonly own: Broker,
    private readonly shared: Broker,
  ) {
    super();
  }

  override publish(message: Message): Promise<void> {
    return this.of(message.topic).publish(message);
  }

  override publishEphemeral(draft: Draft, bufferLength: number): Promise<AppendOutcome> {
    return this.of(draft.topic).publishEphemeral(draft, bufferLength);
  }

  override readEphemeral(topic: string, range: ReadRange): Promise<HistoryPage> {
    return this.of(topic).readEphemeral(topic, range);
  }

  override endsEphemeral(topic: string): Promise<TopicEnds> {
    return this.of(topic).endsEphemeral(topic);
  }

  /** A node's own topics are in no list of several nodes. */
  override ephemeralTopics(page: {
    readonly after?: string;
    readonly prefix?: string;
    readonly limit: number;
  }): Promise<readonly TopicSummary[]> {
    return this.shared.ephemeralTopics(page);
  }

  override deleteEphemeral(topic: string): Promise<boolean> {
    return this.of(topic).deleteEphemeral(topic);
  }

  override subscribe(topic: string): Promise<void> {
    return this.of(topic).subscribe(topic);
  }

  override unsubscribe(topic: string): Promise<void> {
    return this.of(topic).unsubscribe(topic);
  }

  override listen(listener: BrokerListener): void {
    this.own.listen(listener);
    this.shared.listen(listener);
  }

  override isConnected(role: BusRole): boolean {
    return this.shared.isConnected(role);
  }

  override async close(): Promise<void> {
    await Promise.all([this.own.close(), this.shared.close()]);
  }

  private of(topic: string): Broker {
    return OWN.has(namespaceOf(topic)) ? this.own : this.shared;
  }
}
