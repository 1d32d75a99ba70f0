import type { Member, MemberCard } from './member.js';

/** What all nodes of a cluster have in common, by name: a hash of each value, never the value. One that a version does not know is left out. */
export interface CommonGround {
  /** Which database it is. */
  readonly database?: string;
  readonly jwt_secret?: string;
  readonly api_key?: string;
  /** Ids of the keys that this node can open, with commas between; `own:` before those that it made up itself. */
  readonly device_keys?: string;
}

const OWN = 'own:';
const MADE_UP = 'Where it is not set, each node makes one up in its data directory.';

const SENTENCES: Readonly<Record<keyof CommonGround, (others: string) => string>> = {
  database: (others) =>
    `DATABASE_URL: leads to another database than that of ${others}, at the same Redis. Give all nodes of a cluster one database, or each cluster a WAYBILL_REDIS_PREFIX of its own.`,
  jwt_secret: (others) =>
    `WAYBILL_JWT_SECRET: is not that of ${others}: each would refuse the tokens of the other. Give all nodes of a cluster the same. ${MADE_UP}`,
  api_key: (others) =>
    `WAYBILL_API_KEY: is not that of ${others}: each would refuse backends that have the key of the other. Give all nodes of a cluster the same. ${MADE_UP}`,
  device_keys: (others) =>
    `WAYBILL_DEVICE_KEY: neither it nor WAYBILL_DEVICE_KEY_PREVIOUS is a key of ${others}: none could check the devices that the other registered. Give all nodes of a cluster the same. ${MADE_UP}`,
};

/** A sentence for each thing in which this node differs from others that are there, with their names; none: it fits. */
export function differences(mine: CommonGround, others: readonly Member[]): readonly string[] {
  const cards = others.filter(({ lostAt }) => lostAt === undefined).map(({ card }) => card);
  return (Object.keys(SENTENCES) as (keyof CommonGround)[]).flatMap((name) => {
    const different = cards.filter((card) => differs(name, mine, card));
    return different.length === 0
      ? []
      : [
          SENTENCES[name](
            different
              .map(({ node }) => node)
              .toSorted()
              .join(', '),
          ),
        ];
  });
}

function differs(name: keyof CommonGround, mine: CommonGround, { common }: MemberCard): boolean {
  const [one, other] = [mine[name], common[name]];
  if (one === undefined || other === undefined || one === other) return false;
  return name !== 'device_keys' || !shareKey(one, other);
}

/** Keys are rotated while nodes run, so one in common is enough. Nodes that made theirs up themselves have no devices in common, until somebody sets a key. */
function shareKey(one: string, other: string): boolean {
  if (one.startsWith(OWN) && other.startsWith(OWN)) return true;
  const theirs = new Set(other.split(','));
  return one.split(',').some((key) => theirs.has(key));
}
