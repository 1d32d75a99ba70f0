import { Injectable, Logger } from '@nestjs/common';
import { MessageLog } from './message-log.js';
import type { Position } from './message.js';

/** Topics whose one claim is remembered; beyond it no more are heard. */
const MOST_TOPICS = 10_000;

/**
 * Clients that hold a position beyond the head of a topic, in its present epoch: after a log was restored from an older copy they
 * may be the only ones who know. A client may also lie, and everybody who follows the topic pays for a new epoch; so a topic is
 * heard once while this node runs, and no more than the topic gets a new epoch.
 */
@Injectable()
export class RewindClaims {
  private readonly logger = new Logger(RewindClaims.name);
  private readonly heard = new Set<string>();

  constructor(private readonly log: MessageLog) {}

  /** Answers whether the topic has a new epoch by it. */
  async hear(topic: string, position: Position): Promise<boolean> {
    if (this.heard.has(topic) || this.heard.size >= MOST_TOPICS) return false;
    this.heard.add(topic);
    const rewound = await this.log.reportRewind(topic, position, 'topic');
    if (rewound) {
      this.logger.warn(
        `A client holds seq ${position.seq} of ${topic}, which is beyond its head: the topic has a new epoch. ` +
          'If the database was restored from an older copy, run "waybill log reset", so that every topic gets one.',
      );
    }
    return rewound;
  }
}
