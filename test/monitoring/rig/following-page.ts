import { readFileSync, writeFileSync } from 'node:fs';
import type { Monitored } from './monitored.js';
import { repositoryPath } from './repository-path.js';
import type { Step } from './walk.js';

const PAGE = repositoryPath('docs/following-a-message.md');
/** A step of the page: its name in a comment, then the block that was typed and answered. */
const BLOCK = /<!-- step: (\w+) -->\n```\w*\n([\s\S]*?)```/g;

/** Steps of the page and the first line of each, with what is another at every walk left out. */
export function pageSteps(): readonly { readonly name: string; readonly command: string }[] {
  return [...readFileSync(PAGE, 'utf8').matchAll(BLOCK)].map(([, name = '', body = '']) => ({
    name,
    command: withoutIds(commandOf(body)),
  }));
}

/** The same of a walk. */
export function walkedSteps(steps: readonly Step[]): readonly { readonly name: string; readonly command: string }[] {
  return steps.map(({ name, command }) => ({ name, command: withoutIds(command) }));
}

/** Puts what a walk printed into the page. Ports are those of a gateway, and a Prometheus, with default settings. */
export function writePage(steps: readonly Step[], monitored: Monitored): void {
  const page = readFileSync(PAGE, 'utf8');
  const written = page.replace(BLOCK, (block, name: string) => {
    const step = steps.find((each) => each.name === name);
    return step === undefined ? block : `<!-- step: ${name} -->\n\`\`\`text\n${plain(textOf(step), monitored)}\n\`\`\``;
  });
  writeFileSync(PAGE, written);
}

/** A panel is looked at, everything else is typed. */
function textOf({ name, command, output }: Step): string {
  return `${name === 'panel' ? '# ' : '$ '}${command}\n${output}`;
}

function plain(text: string, { node, prometheus }: Monitored): string {
  return text.replaceAll(String(node.opsPort), '9464').replaceAll(String(node.port), '8080').replaceAll(String(prometheus.port), '9090');
}

/** What is typed: the first line, and those that it goes on in. */
function commandOf(body: string): string {
  const lines = body.split('\n');
  const end = lines.findIndex((line) => !line.endsWith('\\') && !line.endsWith('|'));
  return lines
    .slice(0, end + 1)
    .join('\n')
    .replace(/^[$#] /, '');
}

function withoutIds(command: string): string {
  return command.replace(/[0-9a-f]{32}/g, 'TRACE').replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'MESSAGE');
}
