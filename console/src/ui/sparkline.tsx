import { TimeChart } from './time-chart.tsx';

interface SparklineProps {
  readonly label: string;
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  readonly color?: string;
}

/** A line beside a figure: where it came from. */
export function Sparkline({ label, times, values, color }: SparklineProps) {
  const line = { name: label, values, ...(color === undefined ? {} : { color }) };
  return <TimeChart label={label} times={times} lines={[line]} height={36} bare />;
}
