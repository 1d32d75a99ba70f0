import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { logTable } from './log-tables.js';
import { clientApi } from './reference/client-api.js';
import { eventTable } from './reference/client-document.js';

const MARK = /^<!-- (\w+): (\S+) -->$/gm;
const LANGUAGES: Readonly<Record<string, string>> = { '.ts': 'ts', '.js': 'js', '.html': 'html', '.sh': 'sh', '.py': 'python' };

/**
 * A page whose examples are files, so that what is read is what was run. In the template, a line `<!-- include: path -->` stands
 * for that file as a block of code, `<!-- events: Name -->` for the table of an event interface of the client, and `<!-- log: name -->` for a table
 * of the log.
 */
export async function pageFromTemplate(path: string): Promise<string> {
  const template = readFileSync(path, 'utf8');
  const parts = new Map<string, string>();
  for (const [mark, kind = '', subject = ''] of template.matchAll(MARK)) {
    parts.set(mark, await part(kind, subject));
  }
  return template.replace(MARK, (mark) => parts.get(mark) ?? mark);
}

function part(kind: string, subject: string): string | Promise<string> {
  if (kind === 'include') return included(subject);
  if (kind === 'events') return events(subject);
  if (kind === 'log') return logTable(subject);
  throw new Error(`a template has no mark "${kind}"`);
}

function included(path: string): string {
  const language = LANGUAGES[extname(path)];
  if (language === undefined) throw new Error(`${path} is of a kind that a page cannot include`);
  return `\`\`\`${language}\n${readFileSync(path, 'utf8').trimEnd()}\n\`\`\``;
}

async function events(name: string): Promise<string> {
  const items = (await clientApi()).flatMap((api) => api.items);
  const item = items.find(({ head }) => head.name === name);
  if (item?.kind !== 'interface') throw new Error(`the client exports no interface ${name}`);
  return eventTable(item.members);
}
