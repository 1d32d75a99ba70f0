import type { RuleName } from '../checker/check.js';
import type { Change } from '../rig/build.js';

/** A defect that breaks one promise: the checker has to see it. */
export interface InjectedBug {
  readonly rule: RuleName;
  readonly what: string;
  readonly changes: readonly Change[];
}

const APPEND = 'storage/migrations/append-messages.js';
const OUTCOME = 'messaging/ledger/outcome.js';

export const INJECTED_BUGS: readonly InjectedBug[] = [
  {
    rule: 'L1',
    what: 'some messages are acknowledged and not stored',
    changes: [
      {
        file: APPEND,
        find: "', f.origin' : ''}\n        from fresh f",
        replace: "', f.origin' : ''}\n        from fresh f where f.seq % 8 <> 0",
      },
    ],
  },
  {
    rule: 'L2',
    what: 'repeats are not recognised',
    changes: [
      {
        file: APPEND,
        find: 'as k (ord, seq, accepted_at, same)\n',
        replace: 'as k (ord, seq, accepted_at, same) where false\n',
      },
    ],
  },
  {
    rule: 'L3',
    what: 'a head is raised twice for one message',
    changes: [{ file: APPEND, find: 'set head = f.seq,', replace: 'set head = f.seq + (case when f.seq % 8 = 0 then 1 else 0 end),' }],
  },
  {
    rule: 'L4',
    what: 'the hub leaves out a message and says nothing',
    changes: [
      {
        file: 'messaging/topic-channel.js',
        find: 'this.fanOut.push(outgoingMessage(message, this.limits));',
        replace: 'if (message.seq % 8 !== 0) this.fanOut.push(outgoingMessage(message, this.limits));',
      },
    ],
  },
  {
    rule: 'L5',
    what: 'a batch is stored in reverse',
    changes: [{ file: 'storage/append-batch.js', find: 'items.push({ draft, index });', replace: 'items.unshift({ draft, index });' }],
  },
  {
    rule: 'L6',
    what: 'payloads change on their way to subscribers',
    changes: [
      {
        file: 'messaging/outgoing.js',
        find: 'textFrame(encodeTopicMessage(message))',
        replace: `textFrame(encodeTopicMessage(message).replace('"n":1', '"n":9'))`,
      },
    ],
  },
  {
    rule: 'L7',
    what: 'the bus loses the tail and no sweep looks for it',
    changes: [
      { file: 'broker/memory-bus.js', find: '    send(message) {', replace: '    send(message) {\n        if (message.seq > 100) return;' },
      { file: 'messaging/head-sweep.js', find: 'if (this.closed || (intervalMs === 0 && !this.again))', replace: 'if (intervalMs >= 0)' },
    ],
  },
  {
    rule: 'L8',
    what: 'a repeat is answered with another place',
    changes: [
      {
        file: 'storage/append-call.js',
        find: "return { kind: 'duplicate', position,",
        replace: "return { kind: 'duplicate', position: { epoch, seq: position.seq + 1 },",
      },
    ],
  },
  {
    rule: 'L9',
    what: 'more is called acknowledged than was',
    changes: [{ file: OUTCOME, find: 'if (seq <= receipt.acked)', replace: 'if (seq <= receipt.acked + 600)' }],
  },
  {
    rule: 'L9',
    what: 'what was written is denied',
    changes: [
      { file: OUTCOME, find: 'if (seq <= receipt.written)\n        return', replace: 'if (seq <= receipt.written - 600)\n        return' },
    ],
  },
  {
    rule: 'L9',
    what: 'the ledger overlooks receipts of those who were subscribed',
    changes: [{ file: OUTCOME, find: 'return seq > receipt.after', replace: 'return seq > receipt.after + 600' }],
  },
  {
    rule: 'L9',
    what: 'receipts begin as if the client had acknowledged',
    changes: [{ file: 'messaging/ledger/subscription-receipt.js', find: 'acked = 0;', replace: 'acked = 600;' }],
  },
  {
    rule: 'L9',
    what: 'marks say that messages were handed out before they were',
    changes: [{ file: 'messaging/ledger/progress.js', find: 'const at = Date.now();', replace: 'const at = Date.now() - 5_000;' }],
  },
  {
    rule: 'L9',
    what: 'an explanation overlooks that the user was subscribed and given the message',
    changes: [
      {
        file: 'monitoring/ledger/explain/gather.js',
        find: '...covering.map(({ judgement }) => judgement.outcome), ',
        replace: '',
      },
    ],
  },
];
