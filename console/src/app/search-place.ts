const REF = /^[0-9A-Z]{4}-?[0-9A-Z]{4}$/i;
const TRACE = /^[0-9a-f]{32}$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const POSITION = /^(?<topic>.+)[#@](?<seq>\d+)$/;

/** The page that answers for what was typed, by its form. Undefined: nothing was. Whatever has no form of its own may be a user. */
export function placeOf(text: string): string | undefined {
  const word = text.trim();
  if (word === '') return undefined;
  if (REF.test(word) && /\d|-/.test(word)) return `/connections/${encodeURIComponent(word.toUpperCase())}`;
  if (TRACE.test(word)) return `/traces/${word.toLowerCase()}`;
  const uuid = UUID.exec(word);
  // Identifiers of messages carry their time (RFC 9562, version 7); those of connections are random (version 4).
  if (uuid !== null) return uuid[1] === '4' ? `/connections/${word}` : `/messages?id=${word}`;
  const { topic, seq } = POSITION.exec(word)?.groups ?? {};
  if (topic !== undefined && seq !== undefined) return `/messages/${encodeURIComponent(topic)}/${seq}`;
  return `/connections?state=all&user=${encodeURIComponent(word)}`;
}
