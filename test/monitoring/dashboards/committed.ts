import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';

const DASHBOARDS = 'grafana/dashboards';
const RULES = 'prometheus/rules';

export interface Grid {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly exemplar: boolean;
  readonly datasource: { readonly type: string; readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: Grid;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly Target[];
  readonly panels?: readonly Panel[];
  readonly collapsed?: boolean;
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly links: readonly { readonly url: string }[];
      readonly thresholds: { readonly steps: readonly { readonly value: number | null }[] };
    };
  };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly definition?: string;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
}

/** A dashboard as Grafana reads it. */
export interface Dashboard {
  readonly file: string;
  readonly id: number | null;
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly version: number;
  readonly editable: boolean;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr?: string }[] };
}

export interface Alert {
  readonly name: string;
  readonly expr: string;
  readonly dashboard: string;
  /** Path of its runbook below the project's root. */
  readonly runbook: string;
}

export function committedDashboards(): readonly Dashboard[] {
  return readdirSync(DASHBOARDS)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ ...(JSON.parse(readFileSync(`${DASHBOARDS}/${name}`, 'utf8')) as Dashboard), file: basename(name, '.json') }));
}

/** All that show something, those of collapsed rows too. */
export function panelsOf(dashboard: Dashboard): readonly Panel[] {
  return dashboard.panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}

/** Every PromQL expression of a dashboard, with where it stands. */
export function expressionsOf(dashboard: Dashboard): readonly { readonly where: string; readonly expr: string }[] {
  const { file, annotations } = dashboard;
  return [
    ...panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
      targets.map(({ refId, expr }) => ({ where: `${file}, "${title}", ${refId}`, expr })),
    ),
    ...annotations.list.flatMap(({ name, expr }) => (expr === undefined ? [] : [{ where: `${file}, annotation ${name}`, expr }])),
  ];
}

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly record?: string;
      readonly alert?: string;
      readonly expr: string;
      readonly annotations?: { readonly dashboard?: string; readonly runbook_url?: string };
    }[];
  }[];
}

function rules(): readonly RuleFile['groups'][number]['rules'][number][] {
  const files = readdirSync(RULES).filter((name) => name.endsWith('.rules.yml'));
  return files.flatMap((name) => (parse(readFileSync(`${RULES}/${name}`, 'utf8')) as RuleFile).groups.flatMap((group) => group.rules));
}

export function recordingRules(): readonly string[] {
  return rules().flatMap(({ record }) => (record === undefined ? [] : [record]));
}

export function alerts(): readonly Alert[] {
  return rules().flatMap(({ alert: name, expr, annotations: { dashboard = '', runbook_url: link = '' } = {} }) =>
    name === undefined ? [] : [{ name, expr, dashboard, runbook: runbookIn(link) }],
  );
}

/** The page that a link of an annotation leads to: before it stands wherever the documents are served. */
function runbookIn(link: string): string {
  return `docs${link.slice(link.indexOf('/runbooks/'))}`;
}
