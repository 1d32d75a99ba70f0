/** As whom the test client connects, and what its token grants. Texts as they stand in the address; lists by commas or spaces. */
export interface Rights {
  readonly user: string;
  readonly subscribe: string;
  readonly publish: string;
  readonly send: string;
  readonly broadcast: string;
  readonly roles: string;
}

export const USUAL_RIGHTS: Rights = { user: '', subscribe: '', publish: '', send: '', broadcast: '', roles: '' };

/** Its token is short: the client asks for another before it ends. */
export const TOKEN_LIFE_S = 600;

export function listOf(text: string): readonly string[] {
  return [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))];
}

/** Body of `POST auth/tokens`. */
export function mintBodyOf({ user, subscribe, publish, send, broadcast, roles }: Rights): object {
  const [sendTo, roleNames] = [listOf(send), listOf(roles)];
  return {
    user: user.trim(),
    topics: { subscribe: listOf(subscribe), publish: listOf(publish) },
    ...(sendTo.length === 0 ? {} : { users: { send: sendTo } }),
    ...(broadcast === '' ? {} : { broadcast: true }),
    ...(roleNames.length === 0 ? {} : { roles: roleNames }),
    ttl_s: TOKEN_LIFE_S,
  };
}

/** A payload as it was typed: JSON where it is some, else text. */
export function payloadOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
