import type { RemoteGateway } from '../gateway.js';

/** Mints under way at once. */
const AT_ONCE = 16;
const TTL_S = 86_400;

export interface MintOrder {
  readonly count: number;
  /** Number of the first user. */
  readonly first: number;
  /** Users are called after it, with a number each. */
  readonly user: string;
  /** They may read and write it and the topics below it. */
  readonly topic: string;
  readonly signal: AbortSignal;
  /** Called with how many there are. */
  readonly progress: (minted: number) => void;
}

/** Tokens for so many users, made in advance, so that a measured handshake mints nothing. */
export async function mintTokens(
  gateway: RemoteGateway,
  { count, first, user, topic, signal, progress }: MintOrder,
): Promise<readonly string[]> {
  const tokens = new Array<string>(count).fill('');
  const topics = [topic, `${topic}.*`];
  let next = 0;
  let minted = 0;
  const mint = async (): Promise<void> => {
    for (let index = next; index < count && !signal.aborted; index = next) {
      next += 1;
      tokens[index] = (
        await gateway.mint({ user: `${user}.${first + index}`, topics: { subscribe: topics, publish: topics }, ttl_s: TTL_S })
      ).token;
      minted += 1;
      progress(minted);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, mint));
  return tokens;
}
