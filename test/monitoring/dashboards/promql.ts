import { parser } from '@prometheus-io/lezer-promql';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** One selector of series, such as `up{job="waybill"}`. */
export interface Selector {
  /** Undefined where only a matcher on the name says it. */
  readonly metric: string | undefined;
  readonly matchers: readonly Matcher[];
}

/** Labels that an aggregation keeps, with the selectors below it. */
export interface Grouping {
  readonly labels: readonly string[];
  /** Those that one side of a join brings (`group_left (version)`). */
  readonly joined: readonly string[];
  readonly selectors: readonly Selector[];
}

export interface Query {
  readonly selectors: readonly Selector[];
  readonly groupings: readonly Grouping[];
  /** Literals, and constant products of them such as `14 * 86400`. */
  readonly numbers: readonly number[];
}

/** What a PromQL expression names. @throws where it is not PromQL, with the place. */
export function readQuery(expression: string): Query {
  const text = (node: SyntaxNode): string => expression.slice(node.from, node.to);
  const root = parser.parse(expression).topNode;
  const error = below(root).find(({ type }) => type.isError);
  if (error !== undefined)
    throw new Error(`not PromQL at ${error.from}: ${expression.slice(0, error.from)} HERE ${expression.slice(error.from)}`);
  const selectorsOf = (node: SyntaxNode): readonly Selector[] =>
    named(node, 'VectorSelector').map((selector) => selectorOf(selector, text));
  return {
    selectors: selectorsOf(root),
    groupings: named(root, 'AggregateExpr').flatMap((aggregate) => {
      const labels = aggregate.getChild('AggregateModifier')?.getChild('GroupingLabels');
      const body = aggregate.getChild('FunctionCallBody');
      if (labels === null || labels === undefined || body === null) return [];
      const joined = named(body, 'MatchingModifierClause').flatMap((clause) =>
        clause
          .getChildren('GroupingLabels', 'GroupLeft')
          .concat(clause.getChildren('GroupingLabels', 'GroupRight'))
          .flatMap((list) => list.getChildren('LabelName').map(text)),
      );
      return [{ labels: labels.getChildren('LabelName').map(text), joined, selectors: selectorsOf(body) }];
    }),
    numbers: [...named(root, 'NumberDurationLiteral').map((node) => Number(text(node))), ...products(root, text)],
  };
}

function selectorOf(node: SyntaxNode, text: (node: SyntaxNode) => string): Selector {
  const name = node.getChild('Identifier');
  const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
  return {
    metric: name === null ? undefined : text(name),
    matchers: matchers.map((matcher) => {
      const [label, operator, value] = ['LabelName', 'MatchOp', 'StringLiteral'].map((kind) => text(matcher.getChild(kind) as SyntaxNode));
      return { label: label as string, operator: operator as Matcher['operator'], value: JSON.parse(value as string) as string };
    }),
  };
}

function products(root: SyntaxNode, text: (node: SyntaxNode) => string): readonly number[] {
  return named(root, 'BinaryExpr').flatMap((node) => {
    const factors = node.getChildren('NumberDurationLiteral').map((literal) => Number(text(literal)));
    return node.getChild('Mul') === null || factors.length !== 2 ? [] : [(factors[0] as number) * (factors[1] as number)];
  });
}

function named(node: SyntaxNode, name: string): readonly SyntaxNode[] {
  return below(node).filter((found) => found.name === name);
}

function below(node: SyntaxNode): readonly SyntaxNode[] {
  const found: SyntaxNode[] = [node];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(...below(child));
  return found;
}
