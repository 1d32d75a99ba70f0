import type { ModuleRef } from '@nestjs/core';
import { LedgerReader } from '../../messaging/ledger/ledger-reader.js';
import { Refusal } from '../../protocol/refusal.js';
import { findProvider } from '../node-life.js';

/** Whether another node is there to take those who leave this one. */
export interface Elsewhere {
  /** False: the database, which knows the nodes, could not be asked. */
  readonly known: boolean;
  /** Other nodes on the same database that were there lately. Whether clients reach them is the proxy's to say. */
  readonly nodes: readonly { readonly node: string; readonly started_at: number }[];
  readonly says: string;
}

/** Clients that meet this node again are refused until it is taken back; what they missed is kept for them in the log. */
const NOBODY =
  'no other node is known on this database: clients keep trying, and get in when this node is taken back or another is started';

/** The nodes that the ledger of the database has seen and that neither ended nor were lost. */
export async function elsewhereOf(modules: ModuleRef, self: string): Promise<Elsewhere> {
  const reader = findProvider(modules, LedgerReader);
  if (reader === undefined) return { known: false, nodes: [], says: 'this node keeps no ledger, so it knows of no other' };
  try {
    const now = Date.now();
    const alive = (await reader.runs(now, now)).filter(
      ({ node, endedAt, lostAt }) => node !== self && endedAt === undefined && lostAt === undefined,
    );
    const nodes = alive.map(({ node, startedAt }) => ({ node, started_at: startedAt }));
    if (nodes.length === 0) return { known: true, nodes, says: NOBODY };
    const names = nodes.map(({ node }) => node).join(', ');
    return { known: true, nodes, says: `clients can go to ${names}, where the proxy sends them there` };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { known: false, nodes: [], says: `whether another node is there could not be looked up: ${error.message}` };
  }
}
