import { initialCombinations, LabelSet } from './label-set.js';
import type { MetricDefinition } from './metric-definition.js';

/**
 * The series of one metric, found by label values in two or three map look-ups: no string is built on the hot path.
 * `create` is called once for each admitted combination.
 */
export class Series<Cell> {
  private readonly sets: readonly LabelSet[];
  private readonly names: readonly string[];
  private readonly root: Map<string, unknown> = new Map();
  private readonly unlabelled: Cell | undefined;

  constructor(
    definition: MetricDefinition,
    namespaces: readonly string[],
    private readonly create: (labels: Readonly<Record<string, string>>) => Cell,
  ) {
    this.names = Object.keys(definition.labels);
    this.sets = Object.values(definition.labels).map((label) => new LabelSet(label, namespaces));
    this.unlabelled = this.names.length === 0 ? create({}) : undefined;
    if (this.names.length > 0) for (const values of initialCombinations(this.sets, definition.zero)) this.of(...values);
  }

  /** The cell of these label values, in the order of the definition's labels; values outside a closed set count as `other`. */
  of(...values: readonly string[]): Cell {
    if (this.unlabelled !== undefined) return this.unlabelled;
    const last = this.names.length - 1;
    let level = this.root;
    for (let place = 0; place < last; place += 1) level = this.levelBelow(level, values[place] ?? '', place);
    const value = values[last] ?? '';
    return (level.get(value) as Cell | undefined) ?? this.add(level, value, last, values);
  }

  /** Every cell that exists, with its label values. */
  cells(): readonly (readonly [values: readonly string[], cell: Cell])[] {
    if (this.unlabelled !== undefined) return [[[], this.unlabelled]];
    return below(this.root, this.names.length).map(([values, cell]) => [values, cell as Cell] as const);
  }

  private levelBelow(level: Map<string, unknown>, value: string, place: number): Map<string, unknown> {
    const existing = level.get(value) as Map<string, unknown> | undefined;
    if (existing !== undefined) return existing;
    const admitted = (this.sets[place] as LabelSet).admit(value);
    if (admitted !== value) return this.levelBelow(level, admitted, place);
    const created = new Map<string, unknown>();
    level.set(value, created);
    return created;
  }

  private add(level: Map<string, unknown>, value: string, place: number, values: readonly string[]): Cell {
    const admitted = (this.sets[place] as LabelSet).admit(value);
    const existing = level.get(admitted) as Cell | undefined;
    if (existing !== undefined) return existing;
    const admittedValues = [...values.slice(0, place).map((each, index) => (this.sets[index] as LabelSet).admit(each)), admitted];
    const cell = this.create(Object.fromEntries(this.names.map((name, index) => [name, admittedValues[index] ?? ''])));
    level.set(admitted, cell);
    return cell;
  }
}

type Leaf = readonly [values: readonly string[], cell: unknown];

function below(level: ReadonlyMap<string, unknown>, depth: number): readonly Leaf[] {
  return [...level].flatMap(([value, next]): readonly Leaf[] => {
    if (depth === 1) return [[[value], next]];
    return below(next as ReadonlyMap<string, unknown>, depth - 1).map(([values, cell]) => [[value, ...values], cell]);
  });
}
