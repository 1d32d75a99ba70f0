import { Injectable } from '@nestjs/common';
import { GroupCommit, type PublishCounts } from './group-commit.js';

/** Read-only view of the publishes on their way to the log, for monitoring. */
@Injectable()
export class PublishQueueView {
  constructor(private readonly groupCommit: GroupCommit) {}

  counts(): PublishCounts {
    return this.groupCommit.counts;
  }
}
