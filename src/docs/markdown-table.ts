/** A Markdown table; cells are text, in which bars and line breaks are made harmless. */
export function markdownTable(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(headings), `|${headings.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Text shown as code, or a dash where there is none. */
export function code(text: string): string {
  return text === '' ? '–' : `\`${text}\``;
}

function line(cells: readonly string[]): string {
  return `| ${cells.map(cell).join(' | ')} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
}
