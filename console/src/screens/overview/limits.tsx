import type { Limit } from '../../api/summary.ts';
import { LimitList } from '../../ui/limit-list.tsx';
import { Panel } from '../../ui/panel.tsx';

/** How near are we to a limit? */
export function Limits({ limits }: { readonly limits: readonly Limit[] }) {
  return (
    <Panel title="Limits" about="The nearest first; point at a figure for what sets it">
      <LimitList limits={limits} />
    </Panel>
  );
}
