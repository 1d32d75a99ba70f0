import { LOG_EVENTS } from '../monitoring/logging/log-events.js';
import { SECRET_KEYS } from '../monitoring/logging/redaction.js';
import { code, markdownTable } from './markdown-table.js';

/** The tables of docs/logs.md, from what the log itself goes by. */
export function logTable(name: string): string {
  if (name === 'events') return eventTable();
  if (name === 'redacted') return [...SECRET_KEYS].map(code).join(', ');
  throw new Error(`the log has no table "${name}"`);
}

function eventTable(): string {
  const rows = Object.entries(LOG_EVENTS).map(([name, { level, when, fields }]) => [code(name), level, when, fields.map(code).join(', ')]);
  return markdownTable(['event', 'level', 'when', 'fields of its own'], rows);
}
