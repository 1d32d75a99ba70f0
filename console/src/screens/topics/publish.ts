const USER_TOPIC = '$user.';
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

/** Topics of users and of everybody have doors of their own. */
export function publishPath(topic: string): string {
  if (topic === ALL_TOPIC) return 'broadcast';
  if (topic.startsWith(USER_TOPIC)) return `users/${encodeURIComponent(userOf(topic.slice(USER_TOPIC.length)))}/messages`;
  return `topics/${encodeURIComponent(topic)}/messages`;
}

/** In the name of a topic a user id is written as in an address. */
function userOf(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
