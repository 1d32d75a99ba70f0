import { describe, expect, it } from 'vitest';
import { closeNameOf, cutReason, endedByPeer } from './closing.js';

describe('how a connection ended', () => {
  it.each([
    [1002, 'PROTOCOL_ERROR'],
    [1007, 'INVALID_PAYLOAD'],
    [1008, 'POLICY_VIOLATION'],
    [1009, 'TOO_BIG'],
    [1234, 'PROTOCOL_ERROR'],
  ])('ws code %i is called %s', (code, name) => expect(closeNameOf(code)).toBe(name));

  it('tells a peer that closed from one that vanished', () => {
    expect(endedByPeer(1001, true)).toEqual({ code: 1001, reason: 'closed by the client', initiator: 'client' });
    expect(endedByPeer(1006, false)).toEqual({ code: 1006, reason: 'connection lost', initiator: 'network' });
  });

  it.each(['short', 'x'.repeat(200), 'ü'.repeat(100), '👩‍👩‍👧'.repeat(20)])('cuts reasons to 123 bytes at whole characters', (reason) => {
    const cut = cutReason(reason);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(123);
    expect(reason.startsWith(cut)).toBe(true);
    expect(cut).not.toContain('\uFFFD');
    if (Buffer.byteLength(reason) > 123) expect(Buffer.byteLength(cut)).toBeGreaterThan(118);
  });
});
