import type { ModuleRef } from '@nestjs/core';
import { Registry } from '../../cluster/registry.js';
import { LedgerReader } from '../../messaging/ledger/ledger-reader.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';

interface OtherNode {
  readonly node: string;
  readonly started_at: number;
  /** Null: it says none, or only the database knows of it. */
  readonly region: string | null;
}

/** Whether another node is there to take those who leave this one. */
export interface Elsewhere {
  /** False: this node has not joined the others, and the database could not be asked. */
  readonly known: boolean;
  /** Other nodes that were there lately and are not drained. Whether clients reach them is the proxy's to say. */
  readonly nodes: readonly OtherNode[];
  readonly says: string;
}

/** Clients that meet this node again are refused until it is taken back; what they missed is kept for them in the log. */
const NOBODY =
  'no other node is known that takes connections: clients keep trying, and get in when this node is taken back or another is started';

/** The nodes that are joined with this one; where it has joined none, those that the ledger of the database has seen and that neither ended nor were lost. */
export async function elsewhereOf(modules: ModuleRef, self: string): Promise<Elsewhere> {
  const registry = findProvider(modules, Registry);
  const joined = (registry?.others() ?? []).filter(({ lostAt, card: { load } }) => lostAt === undefined && load?.state !== 'draining');
  if (joined.length > 0) return saying(joined.map(({ card: { node, started_at, region } }) => ({ node, started_at, region })));
  const reader = findProvider(modules, LedgerReader);
  if (reader === undefined) return { known: false, nodes: [], says: 'this node keeps no ledger, so it knows of no other' };
  // Who is drained, or was lost, is known to the registry alone.
  if ((registry?.others() ?? []).length > 0) return saying([]);
  try {
    const now = Date.now();
    const alive = (await reader.runs(now, now)).filter(
      ({ node, endedAt, lostAt }) => node !== self && endedAt === undefined && lostAt === undefined,
    );
    return saying(alive.map(({ node, startedAt }) => ({ node, started_at: startedAt, region: null })));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { known: false, nodes: [], says: `whether another node is there could not be looked up: ${error.message}` };
  }
}

function saying(nodes: readonly OtherNode[]): Elsewhere {
  if (nodes.length === 0) return { known: true, nodes, says: NOBODY };
  const names = nodes.map(({ node, region }) => (region === null ? node : `${node} (${region})`)).join(', ');
  return { known: true, nodes, says: `clients can go to ${names}, where the proxy sends them there` };
}
