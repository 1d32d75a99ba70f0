import { z } from 'zod';
import { Problem } from './option.js';

/** What docs/config.md says of a field: in what it is counted, and what zero means. */
interface FieldNote {
  readonly unit: string;
  readonly zero: string;
  readonly description: string;
}

function count(fallback: number, max: number, note: FieldNote) {
  return z
    .int()
    .min(0)
    .max(max)
    .default(fallback)
    .meta({ ...note });
}

function choice<const T extends string>(fallback: NoInfer<T>, values: readonly T[], description: string) {
  return z
    .enum(values)
    .default(fallback as never)
    .meta({ unit: '-', zero: '-', description });
}

function onOff(fallback: boolean, description: string) {
  return z.boolean().default(fallback).meta({ unit: '-', zero: '-', description });
}

const GRANTS = ['anyone', 'granted'] as const;
const SLOW_POLICIES = ['disconnect', 'drop_oldest', 'keep_latest'] as const;

const LEDGER_MODES = ['receipts', 'off'] as const;

/** What happens to messages for a connection that reads too slowly. */
export type SlowPolicy = (typeof SLOW_POLICIES)[number];

const policySchema = z.strictObject({
  durable: onOff(true, 'Messages are stored in Postgres; false: in memory only, in order, with a short buffer.'),
  history_length: count(0, 100_000_000, { unit: 'messages', zero: 'no limit by number', description: 'Messages kept per topic.' }),
  history_age_s: count(604_800, 315_360_000, { unit: 's', zero: 'no limit by age', description: 'How long a message is kept.' }),
  buffer_length: count(100, 10_000, {
    unit: 'messages',
    zero: 'none',
    description: 'Messages of an ephemeral topic kept in memory for recovery.',
  }),
  presence: onOff(true, 'Members are tracked, and joins and leaves pushed.'),
  subscribe: choice('granted', GRANTS, '`anyone`: every authenticated user; `granted`: only tokens whose claims say so.'),
  publish: choice('granted', GRANTS, 'Who may publish, in the same words.'),
  slow: choice(
    'disconnect',
    SLOW_POLICIES,
    'What happens when more waits for a slow connection than its budget: `disconnect`: it is closed with 4408; `drop_oldest`: its oldest waiting messages are dropped. `keep_latest`: while anything waits, only the newest message of each topic does. What is dropped is counted, and told to the client as `topic.gap`.',
  ),
  ledger: choice(
    'receipts',
    LEDGER_MODES,
    'What is recorded of deliveries: `receipts`: what each subscription was owed and given, so that waybills and explain can answer; `off`: nothing, and they say so.',
  ),
  ledger_age_s: count(604_800, 315_360_000, {
    unit: 's',
    zero: 'no limit by age',
    description: 'How long receipts, and reads of history, are kept after they ended.',
  }),
  max_payload_bytes: count(0, 1_048_576, { unit: 'bytes', zero: 'the frame limit alone', description: 'Largest payload.' }),
});

/** How the topics of one namespace behave. Units and meanings of zero stand at each field of the schema. */
export type NamespacePolicy = Readonly<z.infer<typeof policySchema>>;
export type Namespaces = Readonly<Record<string, NamespacePolicy>>;

/** One field of a policy as docs/config.md shows it. */
export interface PolicyField {
  readonly name: keyof NamespacePolicy;
  readonly default: string | number | boolean;
  /** Range or choices. */
  readonly values: string;
  readonly unit: string;
  readonly zero: string;
  readonly doc: string;
}

export const POLICY_FIELDS: readonly PolicyField[] = Object.entries(z.toJSONSchema(policySchema, { io: 'input' }).properties ?? {}).map(
  ([name, field]) => {
    if (typeof field === 'boolean') throw new Error(`the policy field ${name} has no schema`);
    return {
      name: name as keyof NamespacePolicy,
      default: field.default as string | number | boolean,
      values: field.enum?.join(', ') ?? (field.type === 'boolean' ? 'true, false' : `${String(field.minimum)} to ${String(field.maximum)}`),
      unit: String(field['unit']),
      zero: String(field['zero']),
      doc: String(field.description),
    };
  },
);

/** `$user` and `$all`: durable like any other, so that an offline user catches up, but nobody watches who is in them. */
const SERVER_NAMESPACES: ReadonlySet<string> = new Set(['$user', '$all']);
/** What the server writes for itself, in topics that nobody else may use; no configuration changes them. */
const OWN_NAMESPACES = {
  // Worth nothing once it has come back.
  $canary: { durable: false, buffer_length: 0 },
  '$canary-stored': { durable: true, history_length: 1, history_age_s: 3_600 },
  // Each sample takes the place of the one before; what was before is in the history of the node.
  $ops: { durable: false, buffer_length: 0, slow: 'keep_latest' },
  // As long as a late reader needs to come.
  $probe: { durable: false, buffer_length: 1_000, slow: 'drop_oldest' },
} as const;
const NAMESPACE_NAME = /^(?:\$user|\$all|[A-Za-z0-9_-]+)$/;

export const DEFAULT_NAMESPACES: Namespaces = completed([]);

export function readNamespaces(value: unknown): Namespaces | Problem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Problem('must be a map from namespace to policy');
  const policies: [string, NamespacePolicy][] = [];
  for (const [name, policy] of Object.entries(value)) {
    if (Object.hasOwn(OWN_NAMESPACES, name)) {
      if (sameAs(policy, DEFAULT_NAMESPACES[name])) continue;
      return new Problem(`names "${name}", which is the server's own; what holds there cannot be changed`);
    }
    if (!NAMESPACE_NAME.test(name)) return new Problem(`names "${name}", which is not a first segment of a topic`);
    const parsed = policySchema.safeParse(withServerDefaults(name, policy ?? {}));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return new Problem(
        `has a policy "${name}" whose ${issue?.path.join('.') || 'content'} is wrong: ${issue?.message ?? 'not a policy'}`,
      );
    }
    policies.push([name, parsed.data]);
  }
  return completed(policies);
}

/** Whether it is what holds anyway: settings that are written out are read back. */
function sameAs(policy: unknown, own: NamespacePolicy | undefined): boolean {
  const parsed = policySchema.safeParse(policy);
  return parsed.success && Object.entries(own ?? {}).every(([field, value]) => parsed.data[field as keyof NamespacePolicy] === value);
}

/** The policy that holds for a namespace. */
export function policyOf(namespaces: Namespaces, namespace: string): NamespacePolicy {
  const own = Object.hasOwn(namespaces, namespace) ? namespaces[namespace] : undefined;
  return own ?? (namespaces['default'] as NamespacePolicy);
}

function withServerDefaults(name: string, policy: unknown): unknown {
  const isMap = typeof policy === 'object' && policy !== null && !Array.isArray(policy);
  return isMap && SERVER_NAMESPACES.has(name) ? { presence: false, ...policy } : policy;
}

/** Made from entries, so that a namespace called `__proto__` is one like any other. */
function completed(policies: readonly (readonly [string, NamespacePolicy])[]): Namespaces {
  const server = policySchema.parse({ presence: false });
  return Object.fromEntries([
    ['default', policySchema.parse({})],
    ...[...SERVER_NAMESPACES].map((name) => [name, server] as const),
    ...Object.entries(OWN_NAMESPACES).map(
      ([name, policy]) => [name, policySchema.parse({ ...policy, presence: false, ledger: 'off' })] as const,
    ),
    ...policies,
  ]);
}
