import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ClientAddresses } from './client-address.js';

const PROXIES = ['10.0.0.0/8', '192.0.2.10', '2001:db8:aaaa::/48', '2001:db8:bbbb::1'];

function arrival(peer: string | undefined, forwarded?: string): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.defineProperty(request.socket, 'remoteAddress', { value: peer });
  if (forwarded !== undefined) request.headers['x-forwarded-for'] = forwarded;
  return request;
}

describe('the address of a client', () => {
  it.each<[string, string | undefined, string | undefined, string]>([
    ['the peer', '198.51.100.7', undefined, '198.51.100.7'],
    ['the peer, whatever a stranger says', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['the peer in IPv6', '2001:db8::1', '203.0.113.9', '2001:db8::1'],
    ['the peer that came over IPv6, in IPv4', '::ffff:198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['unknown where the peer is gone', undefined, '203.0.113.9', 'unknown'],
    ['the proxy without a header', '10.1.2.3', undefined, '10.1.2.3'],
    ['the proxy with an empty header', '10.1.2.3', '', '10.1.2.3'],
    ['what a trusted proxy says', '10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['what a trusted proxy says over a mapped address', '::ffff:10.1.2.3', '203.0.113.9', '203.0.113.9'],
    ['what a proxy of one address says', '192.0.2.10', '203.0.113.9', '203.0.113.9'],
    ['not what its neighbour says', '192.0.2.11', '203.0.113.9', '192.0.2.11'],
    ['what a proxy in IPv6 says', '2001:db8:aaaa:1::5', '203.0.113.9', '203.0.113.9'],
    ['what a proxy of one IPv6 address says', '2001:db8:bbbb::1', '203.0.113.9', '203.0.113.9'],
    ['not what its neighbour in IPv6 says', '2001:db8:bbbb::2', '203.0.113.9', '2001:db8:bbbb::2'],
    ['the right-most stranger: what stands before is forged', '10.1.2.3', '1.1.1.1, 203.0.113.9', '203.0.113.9'],
    ['behind a chain of proxies', '10.1.2.3', '1.1.1.1, 203.0.113.9, 10.9.9.9,192.0.2.10', '203.0.113.9'],
    ['the left-most where all are trusted', '10.1.2.3', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
    ['canonical in IPv6', '10.1.2.3', '2001:0DB8:0000::0001', '2001:db8::1'],
    ['in IPv4 where it was mapped', '10.1.2.3', '::FFFF:203.0.113.9', '203.0.113.9'],
    ['in IPv4 where it was mapped in hexadecimal', '10.1.2.3', '::ffff:cb00:7109', '203.0.113.9'],
    ['not a mapped proxy', '10.1.2.3', '203.0.113.9, ::ffff:10.2.2.2', '203.0.113.9'],
    ['without its port', '10.1.2.3', '203.0.113.9:51234', '203.0.113.9'],
    ['in IPv6 without brackets and port', '10.1.2.3', '[2001:db8::1]:51234', '2001:db8::1'],
    ['the nearest good one before an entry that is none', '10.1.2.3', '203.0.113.9, unknown, 10.2.2.2', '10.2.2.2'],
    ['the proxy where the nearest entry is none', '10.1.2.3', '203.0.113.9, _hidden', '10.1.2.3'],
    ['the proxy where an entry is empty', '10.1.2.3', '203.0.113.9,', '10.1.2.3'],
    ['the proxy where an entry is quoted', '10.1.2.3', '"203.0.113.9"', '10.1.2.3'],
    ['the proxy where an entry is out of range', '10.1.2.3', '203.0.113.256', '10.1.2.3'],
    ['the proxy where an entry has a zone', '10.1.2.3', 'fe80::1%eth0', '10.1.2.3'],
  ])('is %s', (_case, peer, forwarded, expected) => {
    expect(new ClientAddresses(PROXIES).of(arrival(peer, forwarded))).toBe(expected);
  });

  it('is always the peer where no proxy is trusted', () => {
    expect(new ClientAddresses([]).of(arrival('10.1.2.3', '203.0.113.9'))).toBe('10.1.2.3');
  });

  it('may be trusted from everybody, in either family', () => {
    const addresses = new ClientAddresses(['0.0.0.0/0', '::/0']);
    expect([addresses.of(arrival('198.51.100.7', '203.0.113.9')), addresses.of(arrival('2001:db8::1', '2001:db8::2'))]).toEqual([
      '203.0.113.9',
      '2001:db8::2',
    ]);
  });
});

describe('whether a client speaks TLS', () => {
  it.each<readonly [string, string, boolean, string | undefined, boolean]>([
    ['to this port', '198.51.100.7', true, undefined, true],
    ['to this port, whatever a header says', '198.51.100.7', true, 'http', true],
    ['to nobody', '198.51.100.7', false, undefined, false],
    ['to nobody, by the word of a stranger', '198.51.100.7', false, 'https', false],
    ['to a proxy that is trusted', '10.1.2.3', false, 'https', true],
    ['to a proxy that is trusted, over a mapped address', '::ffff:10.1.2.3', false, 'HTTPS', true],
    ['to nobody, by the word of a proxy', '10.1.2.3', false, 'http', false],
    ['to nobody, by the word of the nearest proxy', '10.1.2.3', false, 'https, http', false],
  ])('%s', (_case, remoteAddress, encrypted, forwarded, expected) => {
    const socket = encrypted ? { remoteAddress, encrypted } : { remoteAddress };
    const request = { socket, headers: { 'x-forwarded-proto': forwarded } } as unknown as IncomingMessage;
    expect(new ClientAddresses(PROXIES).cameByTls(request)).toBe(expected);
  });
});
