import { Injectable } from '@nestjs/common';
import { Broker } from './broker.js';
import { GatheredEnds } from './gathered-ends.js';
import { type HistoryPage, MessageLog, type ReadRange, type TopicEnds } from './message-log.js';
import { Namespaces } from './namespaces.js';

/** Where the messages of a topic can be read again: the log of a durable topic, the short buffer of an ephemeral one. */
export interface TopicSource {
  readonly durable: boolean;
  ends(topic: string): Promise<TopicEnds>;
  read(topic: string, range: ReadRange): Promise<HistoryPage>;
}

/** Picks a topic's source by the policy of its namespace. */
@Injectable()
export class TopicSources {
  private readonly durable: TopicSource;
  private readonly ephemeral: TopicSource;

  constructor(
    log: MessageLog,
    broker: Broker,
    private readonly namespaces: Namespaces,
  ) {
    const ends = new GatheredEnds(log);
    this.durable = {
      durable: true,
      ends: (topic) => ends.of(topic),
      read: (topic, range) => log.read(topic, range),
    };
    this.ephemeral = {
      durable: false,
      ends: (topic) => broker.endsEphemeral(topic),
      read: (topic, range) => broker.readEphemeral(topic, range),
    };
  }

  of(topic: string): TopicSource {
    return this.namespaces.policyFor(topic).durable ? this.durable : this.ephemeral;
  }
}
