import type { TestRedis } from '../../support/redis.js';
import type { Trial } from '../rig/trial.js';
import type { InjectedBug } from './bugs.js';

/** A defect that shows only where there are several nodes, and what has to happen for it to show. */
export interface InjectedNodeBug extends InjectedBug {
  readonly blow: (trial: Trial, redis: TestRedis) => Promise<void>;
}

const MISSED = 40;

export const INJECTED_NODE_BUGS: readonly InjectedNodeBug[] = [
  {
    rule: 'L7',
    what: 'a node does not look for what it missed when Redis returns',
    changes: [{ file: 'messaging/head-sweep.js', find: 'channel.observe(end, beginning);', replace: 'void beginning;' }],
    // What is published meanwhile is not told to the other node, and nothing follows that would show the hole.
    blow: async (trial, redis) => {
      await redis.stop();
      await trial.untilAcked(MISSED);
      await trial.settle();
      await redis.start();
    },
  },
  {
    rule: 'L4',
    what: 'a client that comes to another node is not given the first message that it missed',
    changes: [
      { file: 'messaging/recovery.js', find: 'epoch, head, missed: messages };', replace: 'epoch, head, missed: messages.slice(1) };' },
    ],
    blow: async (trial) => {
      await trial.killNode(0);
      await trial.untilAcked(MISSED);
      await trial.untilLive();
    },
  },
];
