import { count } from '../../ui/format.ts';
import type { Deliveries } from './accounting.ts';
import classes from './loss.module.css';

const OUTCOMES = [
  { figure: 'written', name: 'Written', ink: 'var(--waybill-good)' },
  { figure: 'queued', name: 'Queued', ink: 'var(--mantine-primary-color-filled)' },
  { figure: 'dropped', name: 'Dropped', ink: 'var(--waybill-warn)' },
  { figure: 'unconfirmed', name: 'Unconfirmed', ink: 'var(--waybill-quiet)' },
  { figure: 'not_written', name: 'Not written', ink: 'var(--waybill-bad)' },
] as const;

/** What became of everything that was owed, as parts of one bar, with its figures. */
export function OutcomeBar({ of: sum }: { readonly of: Deliveries }) {
  return (
    <>
      <div className={classes['bar']} aria-hidden>
        {OUTCOMES.map(({ figure, ink }) => (
          <span key={figure} style={{ flexGrow: sum[figure], background: ink }} />
        ))}
      </div>
      <dl className={classes['legend']}>
        <div>
          <dt>Matched</dt>
          <dd data-testid="loss-matched">{count(sum.matched)}</dd>
        </div>
        {OUTCOMES.map(({ figure, name, ink }) => (
          <div key={figure}>
            <dt>
              <span className={classes['swatch']} style={{ background: ink }} />
              {name}
            </dt>
            <dd data-testid={`loss-${figure}`}>{count(sum[figure])}</dd>
          </div>
        ))}
        <div>
          <dt>Acknowledged</dt>
          <dd data-testid="loss-acked">{count(sum.acked)}</dd>
        </div>
      </dl>
    </>
  );
}
