import type { Board, BoardRow } from './board.ts';
import { below, placed } from './layout.ts';
import type { Dashboard, Panel, RowPanel } from './model.ts';
import { panelOf } from './panel.ts';

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const OWN = 'job=~"$job",instance=~"$instance"';
/** Ids of panels: a hundred for each row, so that what is added to one row leaves the links into the others alone. */
const IDS_OF_A_ROW = 100;

/** Grafana's JSON of a dashboard. */
export function dashboardOf(board: Board): Dashboard {
  return {
    id: null,
    uid: board.name,
    title: `Waybill / ${board.title}`,
    description: board.description,
    tags: ['waybill'],
    schemaVersion: 39,
    version: 1,
    editable: false,
    graphTooltip: 1,
    timezone: 'browser',
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timepicker: {},
    fiscalYearStartMonth: 0,
    liveNow: false,
    annotations: { list: annotations() },
    links: links(),
    templating: { list: variables(board) },
    panels: panels(board.rows),
  };
}

function panels(rows: readonly BoardRow[]): readonly (Panel | RowPanel)[] {
  let top = 0;
  return rows.flatMap((row, index) => {
    const id = (index + 1) * IDS_OF_A_ROW;
    const positions = placed(row.panels, top + 1);
    const inside = row.panels.map((panel, place) => panelOf(panel, id + place + 1, positions[place]!));
    const collapsed = index > 0;
    const header: RowPanel = {
      id,
      type: 'row',
      title: row.title,
      collapsed,
      gridPos: { x: 0, y: top, w: 24, h: 1 },
      panels: collapsed ? inside : [],
    };
    top = collapsed ? top + 1 : below(positions, top + 1);
    return collapsed ? [header] : [header, ...inside];
  });
}

function variables({ namespaces = false, versions = false, hosts = false }: Board): readonly object[] {
  return [
    datasource(),
    chosen('job', 'Job', 'label_values(waybill_build_info, job)', 'Prometheus job that scrapes the gateway.', ['waybill']),
    chosen('instance', 'Instance', 'label_values(waybill_build_info{job=~"$job"}, instance)', 'Nodes of the gateway.'),
    ...(namespaces
      ? [
          chosen(
            'namespace',
            'Namespace',
            `label_values(waybill_deliveries_total{${OWN}}, namespace)`,
            'First part of a topic name, as configured.',
          ),
        ]
      : []),
    ...(versions
      ? [
          chosen(
            'version',
            'Version',
            `label_values(waybill_build_info{${OWN}}, version)`,
            'Versions that run, for the row that compares them.',
          ),
        ]
      : []),
    ...(hosts ? [chosen('host', 'Host', 'label_values(node_uname_info{job="node"}, instance)', 'Hosts as node_exporter names them.')] : []),
    {
      name: 'console',
      label: 'Console',
      description: 'Address of the gateway’s console, for the link at the top.',
      type: 'textbox',
      query: 'http://127.0.0.1:8080/console',
      current: { selected: false, text: 'http://127.0.0.1:8080/console', value: 'http://127.0.0.1:8080/console' },
      options: [{ selected: true, text: 'http://127.0.0.1:8080/console', value: 'http://127.0.0.1:8080/console' }],
      hide: 0,
      skipUrlSync: false,
    },
  ];
}

function datasource(): object {
  return {
    name: 'datasource',
    label: 'Data source',
    type: 'datasource',
    query: 'prometheus',
    current: { selected: false, text: 'Prometheus', value: 'prometheus' },
    hide: 0,
    includeAll: false,
    multi: false,
    options: [],
    refresh: 1,
    regex: '',
    skipUrlSync: false,
  };
}

function chosen(name: string, label: string, query: string, description: string, initial: readonly string[] = []): object {
  return {
    name,
    label,
    description,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { qryType: 1, query, refId: `${name}-values` },
    current: initial.length > 0 ? { selected: true, text: initial, value: initial } : { selected: true, text: ['All'], value: ['$__all'] },
    allValue: '.+',
    includeAll: true,
    multi: true,
    hide: 0,
    options: [],
    // When the time range changes: nodes come and go.
    refresh: 2,
    regex: '',
    skipUrlSync: false,
    sort: 1,
  };
}

function annotations(): readonly object[] {
  return [
    {
      builtIn: 1,
      datasource: { type: 'grafana', uid: '-- Grafana --' },
      enable: true,
      hide: true,
      iconColor: 'rgba(0, 211, 255, 1)',
      name: 'Annotations & Alerts',
      type: 'dashboard',
    },
    annotation(
      'Restarts',
      'yellow',
      `changes(process_start_time_seconds{${OWN}}[$__rate_interval]) > 0`,
      'Restart',
      '{{instance}} started anew',
    ),
    annotation(
      'Versions',
      'blue',
      `count by (version) (waybill_build_info{${OWN}}) unless on (version) count by (version) (waybill_build_info{${OWN}} offset 5m)`,
      'Version',
      '{{version}} runs since here',
    ),
    annotation('Alerts', 'red', 'ALERTS{alertstate="firing",alertname=~"Waybill.+"}', '{{alertname}}', '{{severity}} {{instance}}'),
  ];
}

function annotation(name: string, iconColor: string, expr: string, titleFormat: string, textFormat: string): object {
  return {
    datasource: DATASOURCE,
    enable: true,
    hide: false,
    iconColor,
    name,
    expr,
    step: '30s',
    titleFormat,
    textFormat,
    useValueForTime: false,
  };
}

function links(): readonly object[] {
  return [
    {
      asDropdown: true,
      icon: 'external link',
      includeVars: true,
      keepTime: true,
      tags: ['waybill'],
      targetBlank: false,
      title: 'Waybill dashboards',
      tooltip: 'The others, with the same time and nodes',
      type: 'dashboards',
      url: '',
    },
    {
      asDropdown: false,
      icon: 'external link',
      includeVars: false,
      keepTime: false,
      tags: [],
      targetBlank: true,
      title: 'Console',
      tooltip: 'Single connections, topics and messages: what metrics cannot name',
      type: 'link',
      url: '${console}',
    },
  ];
}
