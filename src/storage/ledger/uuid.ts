const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether the database takes it for an id of a connection; anything else is the id of none. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
