import { Sparkline } from '../../ui/sparkline.tsx';
import classes from './vitals.module.css';

interface VitalProps {
  /** For those who look for it in a test or with a reader. */
  readonly id: string;
  readonly name: string;
  /** Already written, without its unit. */
  readonly figure: string;
  readonly unit?: string;
  /** The second figure, under the first. */
  readonly beside: string;
  readonly tone?: 'warn' | 'bad' | undefined;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[] | undefined;
}

const NONE: readonly number[] = [];

/** One figure that says whether the gateway lives, with the hour behind it. Its box has one size, whatever is in it. */
export function Vital({ id, name, figure, unit, beside, tone, times, values }: VitalProps) {
  return (
    <div className={classes['vital']} data-testid={`vital-${id}`}>
      <dt className={classes['name']} title={name}>
        {name}
      </dt>
      <dd className={classes['figure']} data-tone={tone}>
        <span data-figure>{figure}</span>
        {unit !== undefined && <span className={classes['unit']}>{unit}</span>}
      </dd>
      <dd className={classes['beside']} title={beside}>
        {beside}
      </dd>
      <dd className={classes['line']}>
        <Sparkline label={`${name}, last hour`} times={values === undefined ? NONE : times} values={values ?? NONE} />
      </dd>
    </div>
  );
}
