import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { useTimeZoneChoice } from './clock.tsx';
import { count } from './format.ts';

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** CSS colour. Default: the accent, then quieter ones. */
  readonly color?: string;
}

interface TimeChartProps {
  /** What is drawn, for those who do not see it. */
  readonly label: string;
  /** Milliseconds since the epoch, one for each value. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly height?: number;
  /** How a value is written. */
  readonly format?: (value: number) => string;
  /** Without axes: a line beside a figure. */
  readonly bare?: boolean;
}

const INK = [
  'var(--mantine-primary-color-filled)',
  'var(--mantine-color-teal-6)',
  'var(--mantine-color-orange-6)',
  'var(--mantine-color-gray-6)',
];

/** Values over time. It is drawn anew only when its size or its shape changes; new values are handed to the chart that is there. */
export function TimeChart({ label, times, lines, height = 160, format = count, bare = false }: TimeChartProps) {
  const { ref, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const { zone } = useTimeZoneChoice();
  const shape = JSON.stringify(lines.map(({ name, color }) => [name, color]));
  const data = useRef<uPlot.AlignedData>([[]]);
  data.current = [times.map((at) => at / 1_000), ...lines.map(({ values }) => [...values])];
  const wide = Math.max(0, Math.floor(width));

  useEffect(() => {
    if (holder.current === null || wide === 0) return;
    const paint = getComputedStyle(holder.current);
    const css = (value: string): string => resolved(paint, value);
    const made = new uPlot(
      {
        width: wide,
        height,
        padding: bare ? [2, 0, 2, 0] : [8, 8, 0, 0],
        cursor: bare ? { show: false } : { points: { size: 6 } },
        legend: { show: !bare && lines.length > 0 },
        tzDate: (at) => (zone === 'utc' ? uPlot.tzDate(new Date(at * 1_000), 'Etc/UTC') : new Date(at * 1_000)),
        scales: { y: { range: (_self, _low, high) => [0, high > 0 ? high * 1.08 : 1] } },
        axes: bare ? [{ show: false }, { show: false }] : axes(css, format),
        series: [
          {},
          ...lines.map(({ name, color }, place) => ({
            label: name,
            stroke: css(color ?? INK[place % INK.length] ?? 'currentColor'),
            width: 1.5,
            points: { show: false },
            value: (_self: uPlot, value: number | null) => (value === null ? '–' : format(value)),
          })),
        ],
      },
      data.current,
      holder.current,
    );
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [wide, height, bare, shape, scheme, zone]);

  useEffect(() => chart.current?.setData(data.current), [times, lines]);

  return (
    <div ref={ref} style={{ minWidth: 0 }}>
      <div ref={holder} role="img" aria-label={label} style={{ minHeight: height }} />
    </div>
  );
}

function axes(css: (value: string) => string, format: (value: number) => string): uPlot.Axis[] {
  const stroke = css('var(--waybill-quiet)');
  const grid = { stroke: css('var(--waybill-hairline)'), width: 1 };
  return [
    { stroke, grid: { show: false }, ticks: { show: false }, font: '11px system-ui', size: 28 },
    { stroke, grid, ticks: { show: false }, font: '11px system-ui', size: 60, values: (_self, values) => values.map(format) },
  ];
}

/** A canvas knows no custom properties. */
function resolved(paint: CSSStyleDeclaration, value: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(value)?.[1];
  return name === undefined ? value : resolvedColor(paint.getPropertyValue(name));
}

/** `light-dark(…)` and nested properties are resolved by the browser where they are a colour of something. */
function resolvedColor(value: string): string {
  const swatch = document.createElement('span');
  swatch.style.color = value;
  document.body.append(swatch);
  const { color } = getComputedStyle(swatch);
  swatch.remove();
  return color;
}
