import { Text, Tooltip } from '@mantine/core';
import type { Limit } from '../api/summary.ts';
import { bytes, count, percent } from './format.ts';
import { Meter } from './meter.tsx';
import type { Tone } from './status.tsx';
import { words } from './words.ts';
import classes from './limit-list.module.css';

const NEAR = 0.75;
const FULL = 0.9;

/** How near we are to each limit, the nearest first, and what sets it. */
export function LimitList({ limits }: { readonly limits: readonly Limit[] }) {
  return (
    <ul className={classes['limits']} aria-label="Limits">
      {limits.map((limit) => (
        <li key={limit.name} className={classes['limit']} data-testid={`limit-${limit.name}`}>
          <span>{words(limit.name)}</span>
          <Tooltip label={`Set by ${limit.set_by}`} openDelay={300}>
            <Text span size="xs" className="quiet tabular">
              {amounts(limit)}
            </Text>
          </Tooltip>
          <span className={classes['figure']} data-share={limit.share}>
            {percent(limit.share)}
          </span>
          <Meter label={`${words(limit.name)}, set by ${limit.set_by}`} share={limit.share} tone={toneOf(limit.share)} />
        </li>
      ))}
    </ul>
  );
}

function amounts({ used, limit, unit }: Limit): string {
  if (unit === 'bytes') return `${bytes(used)} of ${bytes(limit)}`;
  if (unit === 'share of the time') return unit;
  return `${count(used)} of ${count(limit)}`;
}

function toneOf(share: number): Tone {
  if (share >= FULL) return 'bad';
  return share >= NEAR ? 'warn' : 'accent';
}
