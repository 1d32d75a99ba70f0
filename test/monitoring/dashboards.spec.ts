import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboardFiles } from '../../scripts/dashboards/all.ts';
import { type Dashboard, type Grid, type Panel, committedDashboards, panelsOf } from './dashboards/committed.js';

const NAMES = [
  'waybill-bus-cluster',
  'waybill-connections',
  'waybill-delivery',
  'waybill-log-database',
  'waybill-overview',
  'waybill-runtime',
  'waybill-slo',
  'waybill-slow-consumers',
  'waybill-telemetry',
];
/** Ids of Grafana's formats; what it does not know it prints behind the number as it stands. */
const UNITS = ['Bps', 'bytes', 'cps', 'mps', 'none', 'ops', 'percentunit', 'recps', 'reqps', 's', 'short'];
const dashboards = committedDashboards();
const allPanels = dashboards.flatMap((dashboard) =>
  panelsOf(dashboard).map((panel) => ({ dashboard, panel, where: `${dashboard.file}, "${panel.title}"` })),
);

describe('the files of dashboards', () => {
  it('are what scripts/dashboards makes', () => {
    expect(dashboards.map(({ file }) => file).sort()).toEqual(NAMES);
    for (const [path, text] of dashboardFiles())
      expect(readFileSync(path, 'utf8') === text, `${path}: run "npm run dashboards"`).toBe(true);
  });

  it('have a uid that is their name, and what a provisioned file wants', () => {
    for (const dashboard of dashboards) {
      expect(dashboard, dashboard.file).toMatchObject({ id: null, version: 1, editable: false, uid: dashboard.file });
      expect(dashboard.uid.length, dashboard.file).toBeLessThanOrEqual(40);
      expect(dashboard.schemaVersion, dashboard.file).toBeGreaterThanOrEqual(39);
      expect(dashboard.tags, dashboard.file).toContain('waybill');
    }
    expect(new Set(dashboards.map(({ title }) => title)).size).toBe(dashboards.length);
  });

  it('let their reader choose the data source, jobs and nodes', () => {
    for (const { file, templating } of dashboards) {
      const variables = new Map(templating.list.map((variable) => [variable.name, variable]));
      expect(variables.get('datasource')?.type, file).toBe('datasource');
      for (const name of ['job', 'instance']) {
        expect(variables.get(name), `${file}, ${name}`).toMatchObject({ multi: true, includeAll: true, allValue: '.+' });
      }
    }
  });

  it('stand in docs/dashboards.md', () => {
    const text = readFileSync('docs/dashboards.md', 'utf8');
    for (const { uid, title } of dashboards) {
      expect(text).toContain(`\`${uid}\``);
      expect(text).toContain(title.replace('Waybill / ', ''));
    }
  });
});

describe('the panels of dashboards', () => {
  it('have ids of their own', () => {
    for (const { file, panels } of dashboards) {
      const ids = panels.flatMap((panel) => [panel.id, ...(panel.panels ?? []).map(({ id }) => id)]);
      expect(
        ids.filter((id, index) => ids.indexOf(id) !== index),
        file,
      ).toEqual([]);
    }
  });

  it('lie on 24 columns and on no other', () => {
    for (const dashboard of dashboards) expect(faultsOfGrid(dashboard)).toEqual([]);
  });

  it('have the first row open and the others collapsed', () => {
    for (const { file, panels } of dashboards) {
      const rows = panels.filter(({ type }) => type === 'row');
      expect(
        rows.map(({ collapsed }) => collapsed),
        file,
      ).toEqual(rows.map((_, index) => index > 0));
      expect(panels[0]?.type, file).toBe('row');
    }
  });

  it('have a title, a unit, and say what they mean and what to do', () => {
    const faults = allPanels.flatMap(({ panel, where }) => {
      const [meaning = '', action = ''] = (panel.description ?? '').split('**What to do:**');
      return [
        ...(panel.title.length > 1 ? [] : [`${where}: no title`]),
        ...(UNITS.includes(panel.fieldConfig?.defaults.unit ?? '') ? [] : [`${where}: no unit of Grafana`]),
        ...(meaning.trim().length >= 40 ? [] : [`${where}: does not say what it means`]),
        ...(action.trim().length >= 30 ? [] : [`${where}: does not say what to do`]),
      ];
    });
    expect(faults).toEqual([]);
  });

  it('ask the data source of the dashboard', () => {
    for (const { panel, where } of allPanels) {
      expect(panel.targets ?? [], where).not.toHaveLength(0);
      for (const { uid } of [panel.datasource, ...(panel.targets ?? []).map(({ datasource }) => datasource)].map(
        (source) => source ?? { uid: '' },
      )) {
        expect(uid, where).toBe('${datasource}');
      }
    }
  });

  it('show the traces behind a latency, and link to slow ones', () => {
    const traced = allPanels.filter(({ panel }) => panel.targets?.some(({ exemplar }) => exemplar) === true);
    const metrics = readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(\w+)` \| [\d., ]+ \| yes \|$/gm);
    const withTraces = [...metrics].map(([, metric = '']) => metric);
    expect(withTraces.length).toBeGreaterThan(4);
    for (const metric of withTraces) {
      expect(
        traced.some(({ panel }) => panel.targets?.some(({ expr }) => expr.includes(`${metric}_bucket`)) === true),
        metric,
      ).toBe(true);
    }
    for (const { panel, where } of traced)
      expect(panel.fieldConfig?.defaults.links[0]?.url, where).toMatch(/^\/explore\?.*%22uid%22%3A%22jaeger%22.*\$\{__from\}/);
  });

  it('name commands, options, pages, panels and dashboards that exist', () => {
    const [commands, options] = [readFileSync('docs/reference/cli.md', 'utf8'), readFileSync('docs/config.md', 'utf8')];
    const titles = new Set(
      dashboards.flatMap(({ panels }) => panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).map(({ title }) => title)),
    );
    const checks: readonly { readonly pattern: RegExp; readonly exists: (name: string) => boolean }[] = [
      { pattern: /`waybill ([a-z]+)/g, exists: (command) => commands.includes(`\n## waybill ${command}\n`) },
      { pattern: /\b(WAYBILL_[A-Z_]+)/g, exists: (option) => options.includes(`\`${option}\``) },
      { pattern: /\b((?:monitoring|limits|storage)\.[a-zA-Z]+)/g, exists: (option) => options.includes(`\`${option}\``) },
      { pattern: /\b(docs\/[a-z-]+\.md)/g, exists: (page) => existsSync(page) },
      { pattern: /"([A-Z][^"]+)"/g, exists: (title) => titles.has(title) },
      {
        pattern: /\bWaybill \/ (.{12})/g,
        exists: (start) => dashboards.some(({ title }) => startsAlike(start, title.replace('Waybill / ', ''))),
      },
    ];
    const faults = allPanels.flatMap(({ panel, where }) =>
      checks.flatMap(({ pattern, exists }) =>
        [...(panel.description ?? '').matchAll(pattern)].filter(([, name = '']) => !exists(name)).map(([, name]) => `${where}: ${name}`),
      ),
    );
    expect(faults).toEqual([]);
  });
});

describe('provisioning', () => {
  it('has the data sources that dashboards and exemplars name', () => {
    const { datasources } = parse(readFileSync('grafana/provisioning/datasources/waybill.yaml', 'utf8')) as {
      readonly datasources: readonly {
        readonly uid: string;
        readonly type: string;
        readonly jsonData: Readonly<Record<string, unknown>>;
      }[];
    };
    expect(datasources.map(({ uid, type }) => [uid, type])).toEqual([
      ['prometheus', 'prometheus'],
      ['jaeger', 'jaeger'],
    ]);
    expect(datasources[0]?.jsonData['exemplarTraceIdDestinations']).toEqual([
      expect.objectContaining({ name: 'trace_id', datasourceUid: datasources[1]?.uid }),
    ]);
    expect(datasources[1]?.jsonData).toMatchObject({
      nodeGraph: { enabled: true },
      tracesToMetrics: { datasourceUid: datasources[0]?.uid },
    });
  });

  it('leaves the dashboards to their files', () => {
    const { providers } = parse(readFileSync('grafana/provisioning/dashboards/waybill.yaml', 'utf8')) as {
      readonly providers: readonly object[];
    };
    expect(providers).toEqual([expect.objectContaining({ type: 'file', folder: 'Waybill', disableDeletion: true, allowUiUpdates: false })]);
  });
});

/** What does not fit, or lies on something else; panels of a collapsed row are seen only when it is open, so each row is a grid of its own. */
function faultsOfGrid({ file, panels }: Dashboard): readonly string[] {
  const open = panels;
  const grids: readonly (readonly Panel[])[] = [
    open,
    ...panels.filter(({ collapsed }) => collapsed === true).map((row) => [row, ...(row.panels ?? [])]),
  ];
  return grids.flatMap((grid) =>
    grid.flatMap((panel, index) => {
      const { x, y, w, h } = panel.gridPos;
      const fits = x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24;
      const covered = grid.slice(index + 1).find((other) => overlap(panel.gridPos, other.gridPos));
      return [
        ...(fits ? [] : [`${file}, "${panel.title}" does not fit`]),
        ...(covered === undefined ? [] : [`${file}, "${panel.title}" lies on "${covered.title}"`]),
      ];
    }),
  );
}

/** Whether what follows in a sentence begins with the title, as far as both go. */
function startsAlike(text: string, title: string): boolean {
  const length = Math.min(text.length, title.length);
  return text.slice(0, length) === title.slice(0, length);
}

function overlap(one: Grid, other: Grid): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}
