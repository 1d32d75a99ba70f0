import { Injectable } from '@nestjs/common';
import { EVERY_GRANT, type Principal } from '../auth/principal.js';
import { OVERVIEW_ACTION } from '../protocol/overview-sample.js';
import { OVERVIEW_TOPIC } from '../protocol/topic-name.js';
import { Hub } from './hub.js';
import { Publisher } from './publisher.js';

const OVERVIEW: Principal = {
  kind: 'system',
  id: 'system:overview',
  roles: [],
  grants: EVERY_GRANT,
  scopes: [],
  expiresAt: undefined,
  tokenId: undefined,
};

/** The way of samples into `$ops.overview`. */
@Injectable()
export class OverviewTopic {
  constructor(
    private readonly publisher: Publisher,
    private readonly hub: Hub,
  ) {}

  /** Whether anybody would read a sample. */
  get isWatched(): boolean {
    return this.hub.subscribers(OVERVIEW_TOPIC) > 0;
  }

  /** The samples are in the history too, so one that is lost is lost to the eye alone. */
  tell(dataText: string): void {
    const request = {
      topic: OVERVIEW_TOPIC,
      action: OVERVIEW_ACTION,
      dataText,
      msgId: undefined,
      clientTimestamp: undefined,
      trace: undefined,
    };
    this.publisher.publish(request, { principal: OVERVIEW, door: 'system', connection: undefined }).catch(() => undefined);
  }
}
