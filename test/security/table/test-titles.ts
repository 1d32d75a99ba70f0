import ts from 'typescript';

/** A title as it stands in a spec, and how many tests are declared below it. */
export interface TestTitle {
  readonly title: string;
  readonly ids: readonly string[];
}

const ID = /^[SC]\d+\b/;
/** `S12 …`, or `S1, S2 …` where one test serves two rows. */
const IDS = /^(?:[SC]\d+(?:, (?=[SC]\d))?)+/;

/** Titles of tests, those of `it.each` as they are written; the title of a `describe` counts where tests stand in it. */
export function testTitles(path: string, text: string): readonly TestTitle[] {
  const titles: TestTitle[] = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false);
  const visit = (node: ts.Node, above: readonly string[]): void => {
    let ids = above;
    if (ts.isCallExpression(node)) {
      const kind = kindOf(node.expression);
      const title = kind === undefined ? undefined : titleOf(node.arguments[0]);
      if (title !== undefined) ids = ownIds(node, title) ?? above;
      if (title !== undefined && kind === 'test') titles.push({ title, ids });
    }
    ts.forEachChild(node, (child) => visit(child, ids));
  };
  visit(source, []);
  return titles;
}

/** Those of the title; where that begins with `%s`, those with which the rows of the table begin. Undefined: it names none. */
function ownIds(call: ts.CallExpression, title: string): readonly string[] | undefined {
  if (ID.test(title)) return idsOf(title);
  if (!title.startsWith('%s') || !ts.isCallExpression(call.expression)) return undefined;
  const [rows] = call.expression.arguments;
  if (rows === undefined || !ts.isArrayLiteralExpression(rows)) return undefined;
  const ids = rows.elements.flatMap((row) => {
    const first = ts.isArrayLiteralExpression(row) ? row.elements[0] : row;
    const text = titleOf(first);
    return text === undefined ? [] : idsOf(text);
  });
  return ids.length === 0 ? undefined : [...new Set(ids)];
}

function idsOf(title: string): readonly string[] {
  return IDS.exec(title)?.[0].split(', ') ?? [];
}

/** `it(…)`, `it.each(…)(…)`, `it.skipIf(…)(…)`, `test…`, `describe…`: only the call that takes the title. */
function kindOf(callee: ts.Expression): 'test' | 'suite' | undefined {
  const name = ts.isCallExpression(callee)
    ? memberBase(callee.expression)
    : ts.isTaggedTemplateExpression(callee)
      ? memberBase(callee.tag)
      : plainName(callee);
  if (name === 'it' || name === 'test') return 'test';
  return name === 'describe' ? 'suite' : undefined;
}

function memberBase(expression: ts.Expression): string | undefined {
  return ts.isPropertyAccessExpression(expression) ? rootOf(expression.expression) : undefined;
}

function rootOf(expression: ts.Expression): string | undefined {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? rootOf(expression.expression) : undefined;
}

function plainName(expression: ts.Expression): string | undefined {
  if (ts.isIdentifier(expression)) return expression.text;
  if (!ts.isPropertyAccessExpression(expression)) return undefined;
  return ['each', 'for', 'skipIf', 'runIf'].includes(expression.name.text) ? undefined : rootOf(expression.expression);
}

function titleOf(argument: ts.Expression | undefined): string | undefined {
  if (argument === undefined) return undefined;
  if (ts.isStringLiteralLike(argument)) return argument.text;
  return ts.isTemplateExpression(argument) ? argument.head.text : undefined;
}
