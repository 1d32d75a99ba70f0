import { Injectable } from '@nestjs/common';
import { EVERY_GRANT, type Principal } from '../auth/principal.js';
import { probeTopic } from '../protocol/topic-name.js';
import { Hub } from './hub.js';
import { Publisher } from './publisher.js';

const PROBES: Principal = {
  kind: 'system',
  id: 'system:probes',
  roles: [],
  grants: EVERY_GRANT,
  scopes: [],
  expiresAt: undefined,
  tokenId: undefined,
};

/** The way of a probe's events into its topic, `$probe.<id>`. */
@Injectable()
export class ProbeTopic {
  constructor(
    private readonly publisher: Publisher,
    private readonly hub: Hub,
  ) {}

  /** Publishes an event where somebody listens; the probe itself keeps it for those who come later. */
  tell(id: string, kind: string, dataText: string): void {
    const topic = probeTopic(id);
    if (this.hub.subscribers(topic) === 0) return;
    const request = { topic, action: `probe.${kind}`, dataText, msgId: undefined, clientTimestamp: undefined, trace: undefined };
    // Lost with the bus: who listens sees a gap, and the numbers of the events show it too.
    this.publisher.publish(request, { principal: PROBES, door: 'system', connection: undefined }).catch(() => undefined);
  }
}
