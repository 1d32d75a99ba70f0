import type { BoardPanel, Heatmap, Query, Rows, Series, States, Tile } from './board.ts';
import { limitNote, limitSteps } from './limits.ts';
import type { DatasourceRef, FieldDefaults, FieldLink, GridPos, Panel, Target } from './model.ts';

const DATASOURCE: DatasourceRef = { type: 'prometheus', uid: '${datasource}' };
/** The uid that grafana/provisioning gives to Jaeger; exemplars lead to it too. */
const TRACES = 'jaeger';

/** What a histogram answers without traffic. */
const NO_TRAFFIC = { type: 'special', options: { match: 'nan', result: { index: 0, text: 'no traffic', color: 'transparent' } } };

/** Grafana's JSON of a panel. */
export function panelOf(panel: BoardPanel, id: number, gridPos: GridPos): Panel {
  const { title, limit } = panel;
  const note = limit === undefined ? '' : `\n\n${limitNote(limit)}`;
  const description = `${panel.says}\n\n**What to do:** ${panel.action}${note}`;
  return { id, title, description, datasource: DATASOURCE, gridPos, ...looks(panel) };
}

type Looks = Pick<Panel, 'type' | 'fieldConfig' | 'options' | 'targets' | 'transformations'>;

function looks(panel: BoardPanel): Looks {
  switch (panel.kind) {
    case 'tile':
      return tileLooks(panel);
    case 'series':
      return seriesLooks(panel);
    case 'heatmap':
      return heatmapLooks(panel);
    case 'states':
      return statesLooks(panel);
    case 'rows':
      return rowsLooks(panel);
  }
}

function tileLooks(panel: Tile): Looks {
  const { past = false, words, decimals } = panel;
  const mappings = words === undefined ? [] : [{ type: 'value', options: wordsOf(words) }];
  return {
    type: 'stat',
    fieldConfig: {
      defaults: {
        ...defaults(panel),
        ...(decimals === undefined ? {} : { decimals }),
        color: { mode: 'thresholds' },
        noValue: panel.nothing ?? 'no data',
        mappings: [...mappings, NO_TRAFFIC, nothing(panel.nothing)],
      },
      overrides: [],
    },
    options: {
      colorMode: panel.limit === undefined ? 'none' : 'background',
      graphMode: past ? 'area' : 'none',
      justifyMode: 'center',
      orientation: 'auto',
      percentChangeColorMode: 'standard',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      showPercentChange: false,
      textMode: panel.queries.length === 1 ? 'value' : 'value_and_name',
      wideLayout: true,
    },
    targets: targets(panel.queries, { format: 'time_series', instant: !past }),
  };
}

/** Nothing is neither good nor bad: without this it would have the colour of the least value. */
function nothing(meaning: string | undefined): object {
  const result = meaning === undefined ? { index: 1, text: 'no data', color: 'orange' } : { index: 1, text: meaning, color: 'transparent' };
  return { type: 'special', options: { match: 'null', result } };
}

function wordsOf(words: Readonly<Record<string, string>>): object {
  return Object.fromEntries(Object.entries(words).map(([value, text], index) => [value, { index, text }]));
}

function seriesLooks(panel: Series): Looks {
  const { stacked = false, table = false, traces = false, limit, over, min, max } = panel;
  return {
    type: 'timeseries',
    fieldConfig: {
      defaults: {
        ...defaults(panel),
        min: min ?? 0,
        ...(max === undefined ? {} : { max }),
        color: { mode: 'palette-classic' },
        links: traces ? [slowTraces()] : [],
        custom: {
          axisBorderShow: false,
          axisCenteredZero: false,
          axisLabel: '',
          axisPlacement: 'auto',
          drawStyle: 'line',
          fillOpacity: stacked ? 30 : 8,
          gradientMode: 'none',
          lineInterpolation: 'linear',
          lineWidth: 1,
          pointSize: 5,
          scaleDistribution: { type: 'linear' },
          showPoints: 'never',
          spanNulls: false,
          stacking: { group: 'A', mode: stacked ? 'normal' : 'none' },
          thresholdsStyle: { mode: limit === undefined ? 'off' : 'dashed' },
        },
      },
      overrides: over === undefined ? [] : [drawnOver(over)],
    },
    options: {
      legend: {
        calcs: table ? ['lastNotNull', 'max'] : [],
        displayMode: table ? 'table' : 'list',
        placement: 'bottom',
        showLegend: true,
        ...(table ? { sortBy: 'Max', sortDesc: true } : {}),
      },
      tooltip: { hideZeros: false, mode: 'multi', sort: 'desc' },
    },
    targets: targets(panel.queries, { format: 'time_series', exemplar: traces }),
  };
}

/** A line on top of the stack that it is compared with. */
function drawnOver(legend: string): object {
  return {
    matcher: { id: 'byName', options: legend },
    properties: [
      { id: 'custom.stacking', value: { group: 'B', mode: 'none' } },
      { id: 'custom.fillOpacity', value: 0 },
      { id: 'custom.lineWidth', value: 2 },
      { id: 'custom.lineStyle', value: { dash: [8, 6], fill: 'dash' } },
      { id: 'color', value: { fixedColor: 'text', mode: 'fixed' } },
    ],
  };
}

function heatmapLooks(panel: Heatmap): Looks {
  const { traces = false, cells, unit } = panel;
  return {
    type: 'heatmap',
    fieldConfig: {
      defaults: { ...defaults(panel), links: traces ? [slowTraces()] : [], custom: { scaleDistribution: { type: 'linear' } } },
      overrides: [],
    },
    options: {
      calculate: false,
      cellGap: 1,
      cellValues: { unit: cells },
      color: { exponent: 0.5, fill: 'dark-orange', mode: 'scheme', reverse: false, scale: 'exponential', scheme: 'Oranges', steps: 64 },
      exemplars: { color: 'rgba(64,128,255,0.8)' },
      filterValues: { le: 1e-9 },
      legend: { show: true },
      rowsFrame: { layout: 'auto' },
      tooltip: { mode: 'single', showColorScale: false, yHistogram: false },
      yAxis: { axisPlacement: 'left', reverse: false, unit },
    },
    targets: targets(panel.queries, { format: 'heatmap', exemplar: traces }),
  };
}

function statesLooks(panel: States): Looks {
  const options = Object.fromEntries(Object.entries(panel.states).map(([value, [text, color]], index) => [value, { index, text, color }]));
  return {
    type: 'state-timeline',
    fieldConfig: {
      defaults: {
        ...defaults(panel),
        color: { mode: 'thresholds' },
        mappings: [{ type: 'value', options }],
        custom: { fillOpacity: 70, lineWidth: 0, spanNulls: false },
      },
      overrides: [],
    },
    options: {
      alignValue: 'left',
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false },
      mergeValues: true,
      rowHeight: 0.9,
      showValue: 'auto',
      tooltip: { mode: 'single', sort: 'none' },
    },
    targets: targets(panel.queries, { format: 'time_series' }),
  };
}

function rowsLooks(panel: Rows): Looks {
  const columns = Object.keys(panel.columns);
  return {
    type: 'table',
    fieldConfig: {
      defaults: {
        ...defaults(panel),
        color: { mode: 'thresholds' },
        noValue: 'none',
        custom: { align: 'auto', cellOptions: { type: 'auto' }, filterable: false, inspect: false },
      },
      overrides: [],
    },
    options: { cellHeight: 'sm', showHeader: true },
    targets: targets(panel.queries, { format: 'table', instant: true }),
    transformations: [
      ...(panel.queries.length === 1 ? [] : [{ id: 'merge', options: {} }]),
      { id: 'filterFieldsByName', options: { include: { names: columns } } },
      {
        id: 'organize',
        options: {
          excludeByName: {},
          indexByName: Object.fromEntries(columns.map((column, index) => [column, index])),
          renameByName: panel.columns,
        },
      },
    ],
  };
}

function defaults({ unit, limit }: BoardPanel): FieldDefaults {
  return { unit, thresholds: { mode: 'absolute', steps: limitSteps(limit) }, mappings: [], links: [] };
}

function targets(
  queries: readonly Query[],
  common: Pick<Target, 'format'> & Partial<Pick<Target, 'instant' | 'exemplar'>>,
): readonly Target[] {
  return queries.map(({ expr, legend, instant = common.instant ?? false }, index) => ({
    datasource: DATASOURCE,
    refId: String.fromCodePoint('A'.codePointAt(0)! + index),
    editorMode: 'code',
    expr,
    format: common.format,
    legendFormat: legend,
    instant,
    range: !instant,
    exemplar: common.exemplar ?? false,
  }));
}

/** Traces of the gateway that took longer than an objective allows, in the time that the dashboard shows. */
function slowTraces(): FieldLink {
  const query = { refId: 'A', datasource: { type: 'jaeger', uid: TRACES }, queryType: 'search', service: 'waybill', minDuration: '250ms' };
  const panes = { traces: { datasource: TRACES, queries: [query], range: { from: '${__from}', to: '${__to}' } } };
  // Variables must stay readable: Grafana replaces them in the address as it stands.
  const encoded = encodeURIComponent(JSON.stringify(panes)).replace(/%24%7B(\w+)%7D/g, '${$1}');
  return { title: 'Traces slower than 250 ms', url: `/explore?schemaVersion=1&panes=${encoded}`, targetBlank: true };
}
