import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const ROOT = join(import.meta.dirname, '../../..');
export const RULES = join(ROOT, 'prometheus/rules');
export const TESTS = join(ROOT, 'prometheus/tests');

/** An alert as Prometheus reads it. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

/** What a case of `promtool test rules` expects of one alert at one time. */
export interface Expectation {
  readonly alertname: string;
  readonly exp_alerts?: readonly unknown[];
}

type Rule = Alert | Recording;

export function pathsIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => join(folder, name));
}

interface Group {
  readonly name: string;
  readonly rules: readonly Rule[];
}

function readGroups(path: string): readonly Group[] {
  return (parse(readFileSync(path, 'utf8')) as { groups: readonly Group[] }).groups;
}

/** The names of a rule file's groups, from top to bottom: later ones read what earlier ones record. */
export function groupsOf(path: string): readonly string[] {
  return readGroups(path).map(({ name }) => name);
}

const rules: readonly Rule[] = pathsIn(RULES).flatMap((path) => readGroups(path).flatMap((group) => group.rules));

export const ALERTS = rules.filter((rule): rule is Alert => 'alert' in rule);
export const RECORDINGS = rules.filter((rule): rule is Recording => 'record' in rule);

/** What a file for `promtool test rules` says besides its cases. */
interface RuleTest {
  readonly rule_files: readonly string[];
  readonly group_eval_order?: readonly string[];
  readonly tests: readonly { readonly alert_rule_test?: readonly Expectation[] }[];
}

export function readTest(path: string): RuleTest {
  return parse(readFileSync(path, 'utf8')) as RuleTest;
}

export const EXPECTATIONS: readonly Expectation[] = pathsIn(TESTS).flatMap((path) =>
  readTest(path).tests.flatMap(({ alert_rule_test: expected = [] }) => expected),
);

/** `WaybillDatabaseDown` -> `waybill-database-down.md`. */
export function runbookOf(alert: string): string {
  return `${alert.replaceAll(/(?<!^)([A-Z])/g, '-$1').toLowerCase()}.md`;
}
