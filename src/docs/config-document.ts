import { POLICY_FIELDS } from '../config/namespace-policy.js';
import type { Option } from '../config/option.js';
import { SCHEMA } from '../config/schema.js';
import { code, markdownTable } from './markdown-table.js';

const INTRODUCTION = `# Configuration

Every option can be set in the environment or in a YAML file; the environment wins. The file is \`waybill.yaml\` in the working
directory, or the one that \`WAYBILL_CONFIG\` names: a map of sections, each a map of options.

\`\`\`yaml
server:
  port: 8080
messaging:
  namespaces:
    chat: { subscribe: anyone, publish: anyone }
\`\`\`

An unknown option or a value that is out of range stops the start with a sentence that names it. Secrets are never printed.

Options marked **Live** may be changed while the program runs, on all nodes: [settings.md](settings.md). What is set so stands above environment
and file.`;

const NAMESPACES = `## Namespaces

The namespace of a topic is its first segment: \`chat\` for \`chat.room1\`. \`messaging.namespaces\` (or \`WAYBILL_NAMESPACES\` as JSON)
maps a namespace to its policy; \`default\` holds for every namespace that has none of its own. \`$user\` and \`$all\` may be given one
too. A field that is left out takes the default below, whatever the policy of \`default\` says; \`$user\` and \`$all\` have \`presence\`
off unless it is set.`;

/** docs/config.md: every option, from the schema that reads it. */
export function configDocument(): string {
  const sections = Object.entries(SCHEMA).map(([name, options]) => section(name, Object.entries(options) as [string, Option<unknown>][]));
  return `${[INTRODUCTION, ...sections, NAMESPACES, policyTable()].join('\n\n')}\n`;
}

function section(name: string, options: readonly [string, Option<unknown>][]): string {
  const rows = options.map(([key, option]) => [
    code(option.env),
    code(`${name}.${key}`),
    shownDefault(option),
    option.values,
    option.unit,
    option.zero,
    `${option.doc}${option.secret ? ' Secret.' : ''}${option.live ? ' **Live.**' : ''}`,
  ]);
  return `## ${name}\n\n${markdownTable(['environment', 'file', 'default', 'values', 'unit', 'zero or empty', 'meaning'], rows)}`;
}

function shownDefault(option: Option<unknown>): string {
  const { default: value } = option;
  if (value === undefined) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'empty' : code(value.join(','));
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? code(String(value)) : 'see below';
}

function policyTable(): string {
  const rows = POLICY_FIELDS.map((field) => [
    code(field.name),
    code(String(field.default)),
    field.values,
    field.unit,
    field.zero,
    field.doc,
  ]);
  return markdownTable(['field', 'default', 'values', 'unit', 'zero', 'meaning'], rows);
}
