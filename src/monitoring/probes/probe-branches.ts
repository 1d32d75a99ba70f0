import type { NodeChannel } from '../../cluster/node-channel.js';
import type { Order } from '../orders/order.js';
import type { Orders } from '../orders/orders.js';
import { BRANCH_EVENTS, BranchOutbox, type BranchWord } from './branch-outbox.js';
import type { Probe } from './probe.js';
import type { Probes } from './probes.js';

/** Said to a node that tells of a probe which is not kept any more. */
const UNKNOWN = 'probe.unknown';

/**
 * Probes of other nodes, as far as they watch here: each is followed from its order to its end, and what it records is sent to the node that
 * keeps it. And the other way round: what other nodes record of the probes that are kept here.
 */
export class ProbeBranches {
  private readonly branches = new Map<string, Probe>();

  constructor(
    private readonly probes: Probes,
    private readonly orders: Orders,
    private readonly channel: NodeChannel,
  ) {}

  /** Called once, before the program has started. */
  follow(): void {
    this.orders.on('probe.start', (order) => this.begin(order));
    this.orders.on('probe.end', ({ body: { probe } }) => this.branches.get(probe)?.end('ended'));
    this.channel.on(BRANCH_EVENTS, (word, from) => this.hear(word as unknown as BranchWord, from));
    this.channel.on(UNKNOWN, ({ probe }) => {
      if (typeof probe === 'string') this.branches.get(probe)?.end('ended');
    });
  }

  /** A probe of this node is kept here, or was before a restart: then nobody is told of its end but those who tell of it. */
  private begin({ id, node, by, madeAt, holdsUntil, body }: Order<'probe.start'>): void {
    if (node === this.channel.node || this.branches.has(id)) return;
    const outbox = new BranchOutbox(id, node, this.channel);
    const { target, payload, note } = body;
    const start = { id, target, payload, note, createdBy: by, startedAt: madeAt, endsAt: holdsUntil, branchOf: node };
    const branch = this.probes.branch(start, {
      recorded: (_probe, event) => {
        // That it has ended, and how much was only counted, says the node that keeps it.
        if (event.kind !== 'ended' && event.kind !== 'skipped') outbox.add(event);
      },
      skipped: (events) => outbox.missed(events),
      ended: (_probe, why) => {
        this.branches.delete(id);
        outbox.end(why === 'connection_closed' ? why : undefined);
      },
    });
    if (branch.isLive) this.branches.set(id, branch);
  }

  private hear({ probe: id, events, lost, ended }: BranchWord, from: string): void {
    const probe = this.probes.find(id);
    if (probe?.isLive !== true) {
      this.channel.say(UNKNOWN, { probe: id }, from).catch(() => undefined);
      return;
    }
    for (const { kind, text, withPayload } of events) probe.take(kind, text, withPayload);
    if (lost > 0) probe.missed(lost);
    if (ended !== undefined) probe.end(ended);
  }
}
