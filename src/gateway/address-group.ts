import { isIPv6 } from 'node:net';

const GROUPS = 8;
const GROUPS_OF_A_SUBSCRIBER = 4;

/**
 * What limits by address count as one: an IPv4 address, or the /64 of an IPv6 address, all of which one subscriber has (RFC 6177).
 */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address;
  const [bare = ''] = address.split('%');
  const [before = '', after] = bare.split('::');
  const left = groupsOf(before);
  const right = groupsOf(after ?? '');
  const zeros = Array.from({ length: GROUPS - left.length - right.length }, () => '0');
  const subscriber = [...left, ...zeros, ...right].slice(0, GROUPS_OF_A_SUBSCRIBER);
  return `${subscriber.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** An IPv4 address at the end stands for two groups, which no /64 looks at. */
function groupsOf(part: string): readonly string[] {
  return part === '' ? [] : part.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]));
}
