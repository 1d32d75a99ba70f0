/** One setting of `ops/settings`: what is in force, and where it comes from. */
export interface Setting {
  /** `server.logLevel`. */
  readonly path: string;
  readonly env: string;
  /** What is in force; of a secret only `[secret]`. Absent where nothing is set. */
  readonly value?: unknown;
  readonly source: string;
  /** When it ends by itself, milliseconds since the epoch. */
  readonly until?: number;
  readonly default?: unknown;
  /** Whether it may be changed now. */
  readonly live: boolean;
  readonly unit: string;
  readonly values: string;
  readonly zero: string;
  readonly doc: string;
}

export interface SettingList {
  /** Of the newest change; 0 where nothing was ever changed. */
  readonly version: number;
  readonly items: readonly Setting[];
  readonly as_of: number;
}

/** What a change does to one setting. */
export interface SettingChange {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly source_before: string;
  readonly source_after: string;
  readonly until_before?: number;
  readonly until_after?: number;
}

export interface ChangeAnswer {
  readonly version: number;
  readonly changes: readonly SettingChange[];
  readonly dry_run: boolean;
}

/** All that was set at run time, as it was after one change. */
export interface SettingsVersion {
  readonly version: number;
  readonly at: number;
  readonly actor: string;
  readonly comment: string;
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly temporary: Readonly<Record<string, { readonly value: unknown; readonly until: number }>>;
}

export type Shown = 'all' | 'changed' | 'live';

export function sectionOf({ path }: Setting): string {
  return path.split('.')[0] ?? path;
}

export const ALL_SECTIONS = 'all';
const FIRST_SECTION = 'server';

/** The section to show: the chosen one; else the first, or all where somebody looks for something. */
export function shownSection({
  section,
  search,
  show,
}: {
  readonly section: string;
  readonly search: string;
  readonly show: string;
}): string {
  if (section !== '') return section;
  return search.trim() === '' && show === 'all' ? FIRST_SECTION : ALL_SECTIONS;
}

/** Those that a search and a choice leave, in sections, in the order they came. */
export function inSections(
  items: readonly Setting[],
  { search, show, section }: { readonly search: string; readonly show: string; readonly section: string },
): readonly (readonly [section: string, settings: readonly Setting[]])[] {
  const wanted = search.trim().toLowerCase();
  const found = items.filter(
    (setting) =>
      (section === ALL_SECTIONS || sectionOf(setting) === section) &&
      (show !== 'changed' || setting.source !== 'default') &&
      (show !== 'live' || setting.live) &&
      (wanted === '' || `${setting.path} ${setting.env} ${setting.doc}`.toLowerCase().includes(wanted)),
  );
  const sections = [...new Set(found.map(sectionOf))];
  return sections.map((name) => [name, found.filter((setting) => sectionOf(setting) === name)] as const);
}

/** A value as one line, figures as they are entered. */
export function written(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'empty list' : value.map(String).join(', ');
  if (value === '') return 'empty';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
