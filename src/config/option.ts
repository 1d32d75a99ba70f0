/** One setting: where it is read from, what it means, and how text becomes a value. */
export interface Option<T> {
  /** Environment variable. The key in waybill.yaml is the option's place in the schema: `gateway.frameBytes`. */
  readonly env: string;
  /** Value when nothing is set; undefined means that the feature is off or the value is generated. */
  readonly default: T;
  /** Unit as an operator reads it: `bytes`, `ms`, `messages`; `-` where there is none. */
  readonly unit: string;
  /** What zero (or an empty value) means. */
  readonly zero: string;
  /** What is allowed, as an operator reads it: `1 to 64`, `true, false`. */
  readonly values: string;
  /** One sentence for docs/config.md. */
  readonly doc: string;
  /** Never printed. */
  readonly secret: boolean;
  /** Whether operators may change it while the program runs; what uses it reads `LiveSettings`. */
  readonly live: boolean;
  /** Turns text from the environment or a YAML value into a value, or says what is wrong with it. */
  readonly parse: (raw: unknown) => T | Problem;
}

/** What is wrong with a value and how to mend it, as the second half of a sentence. */
export class Problem {
  constructor(readonly text: string) {}
}

interface Description {
  readonly env: string;
  readonly unit?: string;
  readonly zero?: string;
  readonly doc: string;
  readonly secret?: boolean;
  readonly live?: boolean;
}

function describe<T>(description: Description, values: string, fallback: T, parse: Option<T>['parse']): Option<T> {
  const { env, doc, unit = '-', zero = 'not allowed', secret = false, live = false } = description;
  return { env, doc, unit, zero, values, secret, live, default: fallback, parse };
}

export function integer(
  description: Description & { readonly default: number; readonly min: number; readonly max: number },
): Option<number> {
  const { min, max } = description;
  return describe(description, `${min} to ${max}`, description.default, (raw) => {
    const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    return new Problem(`must be a whole number from ${min} to ${max}`);
  });
}

export function ratio(description: Description & { readonly default: number }): Option<number> {
  return describe(description, '0 to 1', description.default, (raw) => {
    const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
    if (typeof value === 'number' && value >= 0 && value <= 1) return value;
    return new Problem('must be a number from 0 to 1');
  });
}

export function flag(description: Description & { readonly default: boolean }): Option<boolean> {
  return describe(description, 'true, false', description.default, (raw) => {
    if (raw === true || raw === 'true' || raw === '1') return true;
    if (raw === false || raw === 'false' || raw === '0') return false;
    return new Problem('must be true or false');
  });
}

export function text(
  description: Description & { readonly default: string; readonly check?: (value: string) => string | undefined },
): Option<string> {
  return describe(description, 'text', description.default, (raw) =>
    raw === '' ? new Problem('must not be empty') : textOrProblem(raw, description.check),
  );
}

/** Text that may be absent: absence turns the feature off or lets the program choose. */
export function optionalText(
  description: Description & { readonly check?: (value: string) => string | undefined },
): Option<string | undefined> {
  return describe<string | undefined>(description, 'text', undefined, (raw) =>
    raw === '' ? undefined : textOrProblem(raw, description.check),
  );
}

export function oneOf<const T extends string>(
  description: Description & { readonly default: NoInfer<T>; readonly values: readonly T[] },
): Option<T> {
  return describe<T>(description, description.values.join(', '), description.default, (raw) => {
    const found = description.values.find((value) => value === raw);
    return found ?? new Problem(`must be one of ${description.values.join(', ')}`);
  });
}

/** A list: comma-separated in the environment, a sequence in YAML. */
export function list(
  description: Description & { readonly default: readonly string[]; readonly check?: (value: string) => string | undefined },
): Option<readonly string[]> {
  return describe<readonly string[]>(description, 'list of text', description.default, (raw) => {
    const items =
      typeof raw === 'string'
        ? raw
            .split(',')
            .map((item) => item.trim())
            .filter((item) => item !== '')
        : raw;
    if (!Array.isArray(items)) return new Problem('must be a list (comma-separated in the environment)');
    for (const item of items as readonly unknown[]) {
      const checked = textOrProblem(item, description.check);
      if (checked instanceof Problem) return new Problem(`has an item "${String(item)}" that ${checked.text}`);
    }
    return items as readonly string[];
  });
}

/** A structured value, written in YAML or as JSON in the environment. */
export function structure<T>(
  description: Description & { readonly default: T; readonly read: (value: unknown) => T | Problem },
): Option<T> {
  return describe(description, 'YAML, or JSON in the environment', description.default, (raw) => {
    if (typeof raw !== 'string') return description.read(raw);
    const parsed = parsedJson(raw);
    return parsed instanceof Problem ? parsed : description.read(parsed);
  });
}

/** Names with values: `name=value` with commas between and values percent-encoded (W3C Baggage) in the environment, a map in YAML. */
export function optionalPairs(description: Description): Option<Readonly<Record<string, string>> | undefined> {
  return describe<Readonly<Record<string, string>> | undefined>(description, 'name=value,…; a map in YAML', undefined, (raw) => {
    if (raw === '') return undefined;
    const entries = typeof raw === 'string' ? textPairs(raw) : typeof raw === 'object' && raw !== null ? Object.entries(raw) : undefined;
    if (entries === undefined || Array.isArray(raw) || !entries.every(isPair))
      return new Problem('must be name=value pairs with commas between them, values percent-encoded (in YAML a map of text)');
    return Object.fromEntries(entries);
  });
}

function textPairs(raw: string): readonly (readonly unknown[])[] | undefined {
  const items = raw.split(',').filter((item) => item.trim() !== '');
  try {
    return items.map((item) => {
      const at = item.indexOf('=');
      return at === -1 ? [] : [item.slice(0, at).trim(), decodeURIComponent(item.slice(at + 1).trim())];
    });
  } catch {
    return undefined;
  }
}

function isPair(pair: readonly unknown[]): pair is readonly [string, string] {
  const [name, value] = pair;
  return typeof name === 'string' && /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name) && typeof value === 'string';
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return new Problem('must be valid JSON');
  }
}

function textOrProblem(raw: unknown, check: ((value: string) => string | undefined) | undefined): string | Problem {
  if (typeof raw !== 'string') return new Problem('must be text');
  const problem = check?.(raw);
  return problem === undefined ? raw : new Problem(problem);
}
