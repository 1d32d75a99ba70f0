const EVENT_STREAM = 'text/event-stream';
const JSON_TYPE = 'application/json';

/**
 * Whether a client prefers server-sent events to JSON (RFC 9110 section 12.5.1). A type that only a wildcard covers is not asked for:
 * JSON is the answer for everybody who does not name the stream.
 */
export function wantsEventStream(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const qualities = new Map<string, number>();
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    qualities.set(type, quality === undefined ? 1 : Number(quality) || 0);
  }
  const stream = qualities.get(EVENT_STREAM) ?? 0;
  return stream > 0 && stream >= (qualities.get(JSON_TYPE) ?? 0);
}
