import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6, SocketAddress } from 'node:net';

const HEADER = 'x-forwarded-for';
const PROTOCOL_HEADER = 'x-forwarded-proto';
/** What some proxies append to an address: `192.0.2.1:443`, `[2001:db8::1]:443`. */
const WITH_PORT = /^(?:\[([^\]]+)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/;
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/**
 * The address of a client: that of the TCP peer or, where the peer is a proxy that is trusted, the right-most address of
 * `X-Forwarded-For` that is not one. What stands left of it is the client's own word and is not read; `Forwarded` (RFC 7239) is not
 * read at all, since proxies pass a client's own through. IPv4 addresses that come over IPv6 are written in their usual form.
 */
export class ClientAddresses {
  private readonly trusted = new BlockList();
  private readonly trustsAnybody: boolean;

  /** `proxies`: addresses and networks such as `10.0.0.0/8`, of a form that the option has checked. */
  constructor(proxies: readonly string[]) {
    this.trustsAnybody = proxies.length > 0;
    for (const proxy of proxies) this.trust(proxy);
  }

  of(request: IncomingMessage): string {
    const peer = (request.socket.remoteAddress ?? 'unknown').replace(MAPPED, '');
    if (!this.trustsAnybody || !this.isTrusted(peer)) return peer;
    // Node joins several headers of this name with commas, in their order.
    const header = request.headers[HEADER];
    return this.nearestStranger(peer, typeof header === 'string' ? header.split(',') : []);
  }

  /** Whether a client's own connection is encrypted: this one or, where the peer is a trusted proxy, the one that the proxy speaks of. */
  cameByTls(request: IncomingMessage): boolean {
    const { socket, headers } = request;
    if ('encrypted' in socket && socket.encrypted === true) return true;
    if (!this.trustsAnybody || !this.isTrusted((socket.remoteAddress ?? '').replace(MAPPED, ''))) return false;
    const header = headers[PROTOCOL_HEADER];
    // The proxy nearest to us wrote the last one.
    return typeof header === 'string' && header.split(',').at(-1)?.trim().toLowerCase() === 'https';
  }

  /** From the nearest hop on. An entry that is no address ends the walk: nothing beyond it was written by one who is trusted. */
  private nearestStranger(peer: string, hops: readonly string[]): string {
    let nearest = peer;
    for (const hop of hops.toReversed()) {
      const address = addressIn(hop.trim());
      if (address === undefined) return nearest;
      if (!this.isTrusted(address)) return address;
      nearest = address;
    }
    return nearest;
  }

  private isTrusted(address: string): boolean {
    const [bare = ''] = address.split('%');
    const version = isIP(bare);
    return version !== 0 && this.trusted.check(bare, version === 6 ? 'ipv6' : 'ipv4');
  }

  private trust(proxy: string): void {
    const [address = '', prefix] = proxy.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) this.trusted.addAddress(address, family);
    else this.trusted.addSubnet(address, Number(prefix), family);
  }
}

/** The address of one entry, in its canonical form (RFC 5952); undefined where it is none. */
function addressIn(entry: string): string | undefined {
  const [, inBrackets, beforePort] = WITH_PORT.exec(entry) ?? [];
  const address = inBrackets ?? beforePort ?? entry;
  const version = isIP(address);
  if (version !== 6) return version === 4 ? address : undefined;
  if (address.includes('%')) return undefined;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(MAPPED, '');
}
