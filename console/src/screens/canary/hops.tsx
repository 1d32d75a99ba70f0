import type { CanaryHop } from '../../api/summary.ts';
import { duration } from '../../ui/format.ts';
import { words } from '../../ui/words.ts';
import { timed, type TimedHop } from './canary-report.ts';
import classes from './hops.module.css';

/** Shorter where there is little room. */
const NAMES: Readonly<Record<string, string>> = { authenticate: 'Sign in' };

/** The way of one message, hop by hop, with how long each took; the one that broke says so. */
export function Hops({ hops }: { readonly hops: readonly CanaryHop[] }) {
  return (
    <ol className={classes['hops']} aria-label="Hops">
      {timed(hops).map((hop) => (
        <li key={hop.hop} className={classes['hop']} data-state={hop.state}>
          <div className={classes['name']}>{NAMES[hop.hop] ?? words(hop.hop)}</div>
          <div className="quiet tabular">{saidOf(hop)}</div>
        </li>
      ))}
    </ol>
  );
}

function saidOf({ state, took_ms: took }: TimedHop): string {
  if (state === 'kept') return 'kept open';
  if (state === 'not_reached') return 'not reached';
  if (state === 'failed') return 'broke here';
  return took === undefined ? 'passed' : `+${duration(took)}`;
}
