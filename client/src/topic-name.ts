/** The topic of everyone. */
export const ALL_TOPIC = '$all';

export const USER_TOPIC_PREFIX = '$user.';

const SAFE = /[A-Za-z0-9_-]/;

/** The topic of one user: bytes of the id outside the topic alphabet are written `~hh`. */
export function userTopic(user: string): string {
  const bytes = Array.from(new TextEncoder().encode(user), (byte) => {
    const character = String.fromCharCode(byte);
    return SAFE.test(character) ? character : `~${byte.toString(16).padStart(2, '0')}`;
  });
  return `${USER_TOPIC_PREFIX}${bytes.join('')}`;
}
