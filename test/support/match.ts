/** Whether `actual` has everything `expected` shows; `"*"` stands for any value. Answers the first difference, or undefined. */
export function difference(actual: unknown, expected: unknown, path = ''): string | undefined {
  if (expected === '*') return actual === undefined ? `${path}: absent` : undefined;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length)
      return `${path}: ${JSON.stringify(actual)} is not a list of ${expected.length}`;
    return firstDifference(expected.map((item, index) => difference(actual[index], item, `${path}[${index}]`)));
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return `${path}: ${JSON.stringify(actual)} is not an object`;
    const fields = actual as Readonly<Record<string, unknown>>;
    return firstDifference(
      Object.entries(expected).map(([key, value]) => difference(fields[key], value, path === '' ? key : `${path}.${key}`)),
    );
  }
  return Object.is(actual, expected) ? undefined : `${path}: ${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`;
}

function firstDifference(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((found) => found !== undefined);
}
