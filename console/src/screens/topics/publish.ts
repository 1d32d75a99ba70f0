const ALL_TOPIC = '$all';

export type Payload = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

/** What was typed, as a value. */
export function payloadOf(text: string): Payload {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false, problem: 'Not JSON. A text stands in quotes: "hello".' };
  }
}

/** Everybody's topic has a door of its own. */
export function publishPath(topic: string): string {
  return topic === ALL_TOPIC ? 'broadcast' : `topics/${encodeURIComponent(topic)}/messages`;
}
