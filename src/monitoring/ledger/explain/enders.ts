import type { ConnectionView } from '../../../messaging/gateway-control.js';
import { CLOSES } from '../../../protocol/close-codes.js';
import type { Sources } from '../ledger-sources.js';

const BY_OPERATORS: ReadonlySet<number> = new Set([CLOSES.DISCONNECTED.code, CLOSES.DISCONNECTED_FOR_GOOD.code]);

/** Who ended those connections that an operator ended, as the audit trail says; where it cannot be asked, nobody is named. */
export async function enders({ trail }: Sources, views: readonly (ConnectionView | undefined)[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const view of views) {
    if (view?.close === undefined || !BY_OPERATORS.has(view.close.code) || found.has(view.id)) continue;
    const query = { action: 'connection.disconnect', target: view.id, result: 'OK', order: 'newest', limit: 1 } as const;
    const [record] = await trail.read(query).catch(() => []);
    if (record !== undefined) found.set(view.id, record.actor);
  }
  return found;
}
