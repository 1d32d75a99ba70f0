import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath } from './repository-path.js';

const FOLDER = 'grafana/dashboards';

/** One query of a panel of a dashboard that is shipped. */
export interface PanelQuery {
  /** uid of the dashboard. */
  readonly dashboard: string;
  readonly panel: string;
  readonly refId: string;
  /** With every variable replaced, so that Prometheus can read it. */
  readonly expression: string;
  /** Whether the panel shows exemplars. */
  readonly exemplar: boolean;
}

interface Target {
  readonly refId?: string;
  readonly expr?: string;
  readonly exemplar?: boolean;
}

interface Panel {
  readonly title?: string;
  readonly targets?: readonly Target[];
  readonly panels?: readonly Panel[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly annotations?: { readonly list?: readonly (Target & { readonly name: string })[] };
}

/** What Grafana would put in for intervals of its own, at a scrape a second; every other variable is chosen as "All". */
const INTERVALS: Readonly<Record<string, string>> = { __rate_interval: '15s', __interval: '5s', __range: '60s' };
const ALL = '.+';

/** Every query of every dashboard, with the name that a failure is told by. Throws where there is no dashboard. */
export function panelQueries(folder = repositoryPath(FOLDER)): readonly PanelQuery[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (files.length === 0) throw new Error(`there is no dashboard in ${FOLDER}`);
  return files.flatMap((file) => queriesOf(JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard));
}

function queriesOf({ uid, panels, annotations }: Dashboard): readonly PanelQuery[] {
  const marks = (annotations?.list ?? []).map((annotation) => ({ title: `annotation ${annotation.name}`, targets: [annotation] }));
  return [...withInner(panels), ...marks].flatMap(({ title = '', targets = [] }) =>
    targets
      .filter((target): target is Target & { readonly expr: string } => target.expr !== undefined && target.expr !== '')
      .map(({ refId = '', expr, exemplar = false }) => ({
        dashboard: uid,
        panel: title,
        refId,
        expression: withoutVariables(expr),
        exemplar,
      })),
  );
}

/** Collapsed rows hold their panels. */
function withInner(panels: readonly Panel[]): readonly Panel[] {
  return panels.flatMap((panel) => [panel, ...withInner(panel.panels ?? [])]);
}

function withoutVariables(expression: string): string {
  return expression.replace(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (_all, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    return INTERVALS[name] ?? ALL;
  });
}
