import { Status, type Tone } from '../../ui/status.tsx';
import { CloseCell } from './close-cell.tsx';
import type { ConnectionItem } from './connection-item.ts';

const STATES: Readonly<Record<ConnectionItem['state'], { readonly word: string; readonly tone: Tone }>> = {
  authenticating: { word: 'signing in', tone: 'quiet' },
  open: { word: 'open', tone: 'good' },
  draining: { word: 'closing', tone: 'quiet' },
  closed: { word: 'closed', tone: 'quiet' },
};

/** Whether it is open; of one that ended, how. */
export function StateCell({ item }: { readonly item: Pick<ConnectionItem, 'state' | 'close' | 'queued_bytes'> }) {
  if (item.state === 'closed' && item.close !== undefined) return <CloseCell close={item.close} />;
  if (item.state === 'open' && item.queued_bytes > 0) return <Status tone="warn">slow</Status>;
  const { word, tone } = STATES[item.state];
  return <Status tone={tone}>{word}</Status>;
}
