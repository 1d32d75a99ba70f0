/** The part of Grafana's classic dashboard JSON that is written here. Grafana 11 and later read it. */
export interface DatasourceRef {
  readonly type: 'prometheus';
  readonly uid: string;
}

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Target {
  readonly datasource: DatasourceRef;
  readonly refId: string;
  readonly editorMode: 'code';
  readonly expr: string;
  readonly format: 'time_series' | 'heatmap' | 'table';
  readonly legendFormat: string;
  readonly instant: boolean;
  readonly range: boolean;
  readonly exemplar: boolean;
}

export interface ThresholdStep {
  readonly color: string;
  /** Null for the colour that holds below the first threshold. */
  readonly value: number | null;
}

export interface FieldLink {
  readonly title: string;
  readonly url: string;
  readonly targetBlank: boolean;
}

export interface FieldDefaults {
  readonly unit: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly color?: { readonly mode: string };
  readonly thresholds: { readonly mode: 'absolute'; readonly steps: readonly ThresholdStep[] };
  readonly mappings: readonly object[];
  readonly links: readonly FieldLink[];
  readonly custom?: object;
}

export interface Panel {
  readonly id: number;
  readonly type: 'stat' | 'timeseries' | 'heatmap' | 'table' | 'state-timeline';
  readonly title: string;
  readonly description: string;
  readonly datasource: DatasourceRef;
  readonly gridPos: GridPos;
  readonly fieldConfig: { readonly defaults: FieldDefaults; readonly overrides: readonly object[] };
  readonly options: object;
  readonly targets: readonly Target[];
  readonly transformations?: readonly object[];
}

export interface RowPanel {
  readonly id: number;
  readonly type: 'row';
  readonly title: string;
  readonly collapsed: boolean;
  readonly gridPos: GridPos;
  /** Of a collapsed row; those of an open one follow it. */
  readonly panels: readonly Panel[];
}

export interface Dashboard {
  readonly id: null;
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly version: number;
  readonly editable: boolean;
  readonly graphTooltip: number;
  readonly timezone: string;
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly timepicker: object;
  readonly fiscalYearStartMonth: number;
  readonly liveNow: boolean;
  readonly annotations: { readonly list: readonly object[] };
  readonly links: readonly object[];
  readonly templating: { readonly list: readonly object[] };
  readonly panels: readonly (Panel | RowPanel)[];
}
