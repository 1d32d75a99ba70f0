import type { Limit } from './limits.ts';

/** What a dashboard is written as; `dashboard.ts` makes Grafana's JSON of it. */
export interface Board {
  /** Name of the file, and the uid. */
  readonly name: string;
  readonly title: string;
  /** The question it answers. */
  readonly description: string;
  /** Whether its panels can be narrowed to namespaces. */
  readonly namespaces?: boolean;
  /** Whether some of its panels can be narrowed to versions of the gateway. */
  readonly versions?: boolean;
  /** Whether it has panels of the host. */
  readonly hosts?: boolean;
  /** The first is open, the others are collapsed. */
  readonly rows: readonly [BoardRow, ...BoardRow[]];
}

export interface BoardRow {
  readonly title: string;
  readonly panels: readonly BoardPanel[];
}

export interface Query {
  readonly expr: string;
  readonly legend: string;
  /** Only the value of now; tiles and tables have it, unless they draw their past. */
  readonly instant?: boolean;
}

interface Described {
  readonly title: string;
  /** What the picture means. */
  readonly says: string;
  /** What somebody does who sees something wrong in it. */
  readonly action: string;
  /** Of Grafana: `s`, `bytes`, `percentunit` … */
  readonly unit: string;
  readonly queries: readonly [Query, ...Query[]];
  /** Threshold, which is that of an alert where there is one. */
  readonly limit?: Limit;
  readonly w: number;
  readonly h: number;
}

export interface Tile extends Described {
  readonly kind: 'tile';
  /** Draws its past behind the number. */
  readonly past?: boolean;
  readonly decimals?: number;
  /** What it means that there is nothing, such as `no TLS`, where that is no fault. */
  readonly nothing?: string;
  /** Words for numbers. */
  readonly words?: Readonly<Record<string, string>>;
}

export interface Series extends Described {
  readonly kind: 'series';
  readonly stacked?: boolean;
  /** A table of the series with their last and greatest values, where there are many. */
  readonly table?: boolean;
  /** Traces of single observations as dots, and a link to the slow ones. */
  readonly traces?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Series drawn as a line over a stack, by legend. */
  readonly over?: string;
}

export interface Heatmap extends Described {
  readonly kind: 'heatmap';
  /** Unit of the count in a cell. */
  readonly cells: string;
  readonly traces?: boolean;
}

export interface States extends Described {
  readonly kind: 'states';
  /** Name and colour of each value. */
  readonly states: Readonly<Record<number, readonly [name: string, color: string]>>;
}

export interface Rows extends Described {
  readonly kind: 'rows';
  /** Columns from left to right: a label or `Value`, and its heading. */
  readonly columns: Readonly<Record<string, string>>;
}

export type BoardPanel = Tile | Series | Heatmap | States | Rows;

type Without<T, K extends keyof T> = Omit<T, 'kind' | K> & Partial<Pick<T, K>>;

/** Tiles stand eight in a line, unless they say otherwise. */
export function tile(panel: Without<Tile, 'w' | 'h'>): Tile {
  return { w: 3, h: 4, ...panel, kind: 'tile' };
}

export function series(panel: Without<Series, 'w' | 'h'>): Series {
  return { w: 12, h: 8, ...panel, kind: 'series' };
}

export function heatmap(panel: Without<Heatmap, 'w' | 'h'>): Heatmap {
  return { w: 12, h: 8, ...panel, kind: 'heatmap' };
}

export function states(panel: Without<States, 'w' | 'h'>): States {
  return { w: 12, h: 8, ...panel, kind: 'states' };
}

export function rows(panel: Without<Rows, 'w' | 'h'>): Rows {
  return { w: 12, h: 8, ...panel, kind: 'rows' };
}

/** p50, p95 and p99 of one question. */
export function percentiles(of: (share: number) => string): readonly [Query, Query, Query] {
  return [
    { expr: of(0.5), legend: 'p50' },
    { expr: of(0.95), legend: 'p95' },
    { expr: of(0.99), legend: 'p99' },
  ];
}
