/** `$$`, `${NAME}`, `${NAME:-default}` and `${NAME:?message}`, as the Compose specification has them (section "Interpolation"). */
const REFERENCE = /\$\$|\$\{(?<name>\w+)(?:(?<operator>:-|:\?)(?<word>[^}]*))?\}/g;

/** A variable that a text insists on is not set. */
export class MissingVariable extends Error {
  readonly variable: string;

  constructor(variable: string, message: string) {
    super(`${variable}: ${message}`);
    this.name = 'MissingVariable';
    this.variable = variable;
  }
}

/** Puts the variables in. Empty ones count as not set, as `:-` and `:?` ask. Throws `MissingVariable`. */
export function interpolate(text: string, variables: Readonly<Record<string, string | undefined>>): string {
  return text.replace(REFERENCE, (reference, ...rest: unknown[]) => {
    if (reference === '$$') return '$';
    const { name = '', operator, word = '' } = rest.at(-1) as Readonly<Record<string, string | undefined>>;
    const value = variables[name] ?? '';
    if (value !== '' || operator === undefined) return value;
    if (operator === ':?') throw new MissingVariable(name, word);
    return word;
  });
}

/** Lines `NAME=value` of an environment file; comments and empty lines are left out. */
export function environmentFile(text: string): Readonly<Record<string, string>> {
  const lines = text.split('\n').filter((line) => /^\w+=/.test(line));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
