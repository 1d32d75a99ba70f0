import { CANARY_NAMESPACE, STORED_CANARY_NAMESPACE } from '../../protocol/topic-name.js';
import { type LabelDefinition, OTHER, type ZeroSet } from './metric-definition.js';

/** Names that code may declare for one label; more than these are counted as `other`, so that series stay bounded. */
const DECLARED_AT_MOST = 100;

/** The values that one label of one metric may take in this process. */
export class LabelSet {
  private readonly known: Set<string>;
  private readonly open: boolean;
  private readonly namespaced: boolean;

  constructor({ values }: LabelDefinition, namespaces: readonly string[]) {
    this.known = new Set(
      values.kind === 'namespaces' ? [...namespaces.filter((name) => name !== STORED_CANARY_NAMESPACE), OTHER] : values.values,
    );
    this.open = values.kind === 'declared';
    this.namespaced = values.kind === 'namespaces';
  }

  get values(): readonly string[] {
    return [...this.known];
  }

  /** The value as it may stand on a series. */
  admit(value: string): string {
    if (this.namespaced && value === STORED_CANARY_NAMESPACE) return CANARY_NAMESPACE;
    if (this.known.has(value)) return value;
    if (!this.open || this.known.size >= DECLARED_AT_MOST) return OTHER;
    this.known.add(value);
    return value;
  }
}

/** Every combination that a metric has from the start. */
export function initialCombinations(sets: readonly LabelSet[], zero: ZeroSet | undefined): readonly (readonly string[])[] {
  const patterns = zero ?? [sets.map(() => '*')];
  return patterns.flatMap((pattern) =>
    sets.reduce<readonly (readonly string[])[]>(
      (combinations, set, place) =>
        combinations.flatMap((combination) => valuesAt(pattern[place], set).map((value) => [...combination, value])),
      [[]],
    ),
  );
}

function valuesAt(pattern: string | readonly string[] | undefined, set: LabelSet): readonly string[] {
  if (pattern === undefined || pattern === '*') return set.values;
  return typeof pattern === 'string' ? [pattern] : pattern;
}
