import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { useTimeZoneChoice, type ZoneChoice } from './clock.tsx';
import { count, dateTime } from './format.ts';

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

const FEW = 3;
const LONELY_S = 30;
const MINUTE_S = 60;
const DAY_S = 86_400;

/** Values over time. It is drawn anew only when its size or its shape changes; new values are handed to the chart that is there. */
export function TimeChart({ label, times, lines, height = 160, format = count, bare = false }: TimeChartProps) {
  const { ref, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const { zone } = useTimeZoneChoice();
  const shape = JSON.stringify([lines.map(({ name, color }) => [name, color]), times.length <= FEW]);
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
        scales: { x: { range: aroundOne }, y: { range: (_self, _low, high) => [0, high > 0 ? high * 1.08 : 1] } },
        axes: bare ? [{ show: false }, { show: false }] : axes(css, format, zone),
        series: [
          { value: (_self: uPlot, at: number | null) => (at === null ? '–' : dateTime(at * 1_000, zone)) },
          ...lines.map(({ name, color }, place) => ({
            label: name,
            stroke: css(color ?? INK[place % INK.length] ?? 'currentColor'),
            width: 1.5,
            // Few values are dots: a line through two of them says more than is known.
            points: { show: !bare && times.length <= FEW, size: 5 },
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

  // The canvas follows its place; its place must not follow the canvas.
  return (
    <div ref={ref} style={{ contain: 'inline-size', overflow: 'clip' }}>
      <div ref={holder} role="img" aria-label={label} style={{ minHeight: height }} />
    </div>
  );
}

/** Around a single value there is a minute, not a year. */
function aroundOne(_self: uPlot, low: number, high: number): uPlot.Range.MinMax {
  return high > low ? [low, high] : [low - LONELY_S, high + LONELY_S];
}

function axes(css: (value: string) => string, format: (value: number) => string, zone: ZoneChoice): uPlot.Axis[] {
  const stroke = css('var(--waybill-quiet)');
  const grid = { stroke: css('var(--waybill-hairline)'), width: 1 };
  return [
    {
      stroke,
      grid: { show: false },
      ticks: { show: false },
      font: '11px system-ui',
      size: 24,
      space: 70,
      values: (_self, times, _axis, _space, step) => times.map((at) => clockTime(at * 1_000, zone, step)),
    },
    { stroke, grid, ticks: { show: false }, font: '11px system-ui', size: 60, values: (_self, values) => values.map(format) },
  ];
}

/** `04:42`, with seconds where marks are nearer than a minute, with the day where they are further apart than one. */
function clockTime(at: number, zone: ZoneChoice, stepS: number): string {
  const written = dateTime(at, zone);
  if (stepS >= DAY_S) return written.slice(5, 10);
  return written.slice(11, stepS < MINUTE_S ? 19 : 16);
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
