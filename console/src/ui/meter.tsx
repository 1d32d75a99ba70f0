import type { Tone } from './status.tsx';
import classes from './meter.module.css';

const INK: Readonly<Record<Tone, string>> = {
  good: 'var(--waybill-good)',
  warn: 'var(--waybill-warn)',
  bad: 'var(--waybill-bad)',
  quiet: 'var(--waybill-quiet)',
  accent: 'var(--mantine-primary-color-filled)',
};
const MOST = 100;

interface MeterProps {
  /** What is measured, for those who do not see it. */
  readonly label: string;
  /** Of one. */
  readonly share: number;
  readonly tone?: Tone;
}

/** How full something is. */
export function Meter({ label, share, tone = 'accent' }: MeterProps) {
  const percent = Math.min(MOST, Math.max(0, share * MOST));
  return (
    <div className={classes['track']} role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={MOST} aria-valuenow={percent}>
      <span className={classes['fill']} style={{ width: `${percent}%`, background: INK[tone] }} />
    </div>
  );
}
