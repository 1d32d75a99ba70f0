import { code, markdownTable } from '../markdown-table.js';
import type { ApiItem, ApiMember, PublicApi } from './api-model.js';
import { clientApi } from './client-api.js';

const INTRODUCTION = `# Client reference

Everything that the package \`@waybill/client\` exports, from its sources. How to begin is told in
[its README](../../client/README.md), small programs stand in [examples](../examples.md), the frames beneath in
[the protocol](../protocol.md), and the meaning of each code in [errors](../errors.md).`;

const TITLES: Readonly<Record<ApiItem['kind'], string>> = {
  class: 'Classes',
  function: 'Functions',
  constant: 'Constants',
  interface: 'Interfaces',
  type: 'Types',
};

/** docs/reference/client.md: the public interface of the client package, from its doc-comments. */
export async function clientDocument(): Promise<string> {
  const apis = await clientApi();
  const names = new Set(apis.flatMap(({ items }) => items.map(({ head }) => head.name)));
  return `${[INTRODUCTION, ...apis.map((api) => moduleSection(api, names))].join('\n\n')}\n`;
}

/** The events of an interface that maps event names to payloads. */
export function eventTable(members: readonly ApiMember[]): string {
  return markdownTable(
    ['event', 'payload', 'when'],
    members.map(({ name, type, doc }) => [code(name), code(type), doc]),
  );
}

function moduleSection({ module, items }: PublicApi, names: ReadonlySet<string>): string {
  const kinds = [...new Set(items.map(({ kind }) => kind))].map((kind) => {
    const own = items.filter((item) => item.kind === kind);
    return `${TITLES[kind]}: ${own.map(({ head }) => link(head.name)).join(', ')}.`;
  });
  return [`## ${module}`, kinds.join('\n\n'), ...items.map((item) => itemSection(item, names))].join('\n\n');
}

function itemSection(item: ApiItem, names: ReadonlySet<string>): string {
  const { head } = item;
  return [`### ${head.name}`, declaration(item), head.doc, ...body(item, names)].filter((part) => part !== '').join('\n\n');
}

function declaration(item: ApiItem): string {
  const { declared, name } = item.head;
  switch (item.kind) {
    case 'class':
      return source(item.construct === undefined ? `class ${declared}` : `new ${declared}${item.construct.replace(/: [^:]*$/, '')}`);
    case 'function':
      return source(`function ${name}${item.signature}`);
    case 'interface':
      return source(`interface ${declared}`);
    case 'type':
      return source(`type ${declared} = ${item.text}`);
    case 'constant':
      return source(item.value.kind === 'text' ? `const ${name} = ${item.value.text}` : `const ${name}`);
  }
}

function body(item: ApiItem, names: ReadonlySet<string>): readonly string[] {
  switch (item.kind) {
    case 'class':
      return [seeAlso(item.construct ?? '', item.head.name, names), ...members(item.members, item.head.name, names)];
    case 'interface':
      return item.head.name.endsWith('Events') ? [eventTable(item.members)] : members(item.members, item.head.name, names);
    case 'function':
      return [seeAlso(item.signature, item.head.name, names)];
    case 'type':
      return [seeAlso(item.text, item.head.name, names)];
    case 'constant':
      return item.value.kind === 'entries'
        ? [
            markdownTable(
              ['name', 'value'],
              item.value.entries.map((entry) => entry.map(code)),
            ),
          ]
        : [];
  }
}

function members(all: readonly ApiMember[], owner: string, names: ReadonlySet<string>): readonly string[] {
  const properties = all.filter(({ kind }) => kind === 'property');
  const rows = properties.map(({ name, optional, type, doc }) => [code(optional ? `${name}?` : name), code(type), doc]);
  const table = rows.length === 0 ? '' : markdownTable(['property', 'type', 'meaning'], rows);
  const seen = seeAlso(properties.map(({ type }) => type).join(' '), owner, names);
  const methods = all
    .filter(({ kind }) => kind === 'method')
    .map(({ name, type, doc }) =>
      [`#### ${owner}.${name}`, source(`${name}${type}`), doc, seeAlso(type, owner, names)].filter((part) => part !== '').join('\n\n'),
    );
  return [table, seen, ...methods];
}

/** Links to what else of the package a signature speaks of. */
function seeAlso(text: string, owner: string, names: ReadonlySet<string>): string {
  const named = new Set([...text.matchAll(/\b[A-Z]\w+\b/g)].map(([name]) => name));
  const links = [...named].filter((name) => name !== owner && names.has(name)).map(link);
  return links.length === 0 ? '' : `See ${links.join(', ')}.`;
}

function link(name: string): string {
  return `[\`${name}\`](#${name.toLowerCase()})`;
}

function source(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}
