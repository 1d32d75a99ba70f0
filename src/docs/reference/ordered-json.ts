/** JSON text for a file under version control: members by name, so that only what changed is shown as a change. */
export function orderedJson(value: unknown): string {
  return `${JSON.stringify(value, (_, member: unknown) => ordered(member), 2)}\n`;
}

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
