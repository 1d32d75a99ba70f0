import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Config } from '../config/config.js';
import type { CommonGround } from './common-ground.js';
import { MemberTable, MemoryMemberStore } from './memory-member-store.js';
import { MemoryNodeChannel, MemoryWire } from './memory-node-channel.js';
import { Registry } from './registry.js';

const COMMON: CommonGround = { database: 'one', jwt_secret: 'j', api_key: 'k', device_keys: 'd1' };

describe('the registry of nodes', () => {
  let wire: MemoryWire;
  let table: MemberTable;

  beforeEach(() => {
    wire = new MemoryWire();
    table = new MemberTable();
    Logger.overrideLogger(false);
  });

  afterEach(() => Logger.overrideLogger(['error']));

  function nodeOf(name: string, common: CommonGround = COMMON, env: Readonly<Record<string, string>> = {}) {
    const config = Config.from({ WAYBILL_NODE_HEARTBEAT_MS: '100', WAYBILL_NODE_LOST_MS: '400', WAYBILL_CALL_TIMEOUT_MS: '50', ...env });
    const channel = new MemoryNodeChannel(name, wire);
    const store = new MemoryMemberStore(table);
    const registry = new Registry(config, channel, store);
    registry.require(() => common);
    const misfits: string[] = [];
    registry.onMisfit((why) => misfits.push(why));
    /** As `kill -9`: it neither speaks nor says goodbye any more. */
    const kill = (): void => {
      channel.leave();
      store.setOpen(false);
    };
    onTestFinished(() => registry.stop());
    return { registry, store, channel, misfits, kill };
  }

  const names = ({ registry }: { readonly registry: Registry }): readonly string[] => registry.others().map(({ card }) => card.node);

  it('knows who comes and who goes at once, without the next heartbeat', async () => {
    const slow = { WAYBILL_NODE_HEARTBEAT_MS: '60000', WAYBILL_NODE_LOST_MS: '600000', WAYBILL_REGION: 'eu' };
    const [a, b] = [nodeOf('a', COMMON, slow), nodeOf('b', COMMON, slow)];
    expect(await a.registry.join()).toEqual([]);
    expect(await b.registry.join()).toEqual([]);
    await vi.waitFor(() => expect([names(a), names(b)]).toEqual([['b'], ['a']]));
    expect(a.registry.find('b')?.card).toMatchObject({ node: 'b', region: 'eu', load: null });
    await b.registry.stop();
    await vi.waitFor(() => expect(names(a)).toEqual([]));
  });

  it('refuses a node that differs from others in what must be equal, and names what, and is not told of it', async () => {
    const a = nodeOf('a');
    await a.registry.join();
    const cases: readonly (readonly [CommonGround, string])[] = [
      [{ ...COMMON, jwt_secret: 'x' }, 'WAYBILL_JWT_SECRET: is not that of a:'],
      [{ ...COMMON, api_key: 'x' }, 'WAYBILL_API_KEY: is not that of a:'],
      [{ ...COMMON, database: 'two' }, 'DATABASE_URL: leads to another database than that of a,'],
      [{ ...COMMON, device_keys: 'own:d9' }, 'WAYBILL_DEVICE_KEY: neither it nor'],
    ];
    for (const [common, sentence] of cases) {
      const problems = await nodeOf('b', common).registry.join();
      expect(problems).toEqual([expect.stringContaining(sentence)]);
    }
    expect(names(a)).toEqual([]);
    // One of two keys in common is a rotation that is under way; what this version does not know, it does not judge.
    expect(await nodeOf('c', { ...COMMON, device_keys: 'd2,d1' }).registry.join()).toEqual([]);
    expect(await nodeOf('d', { database: 'one' }).registry.join()).toEqual([]);
    expect(await nodeOf('e', { jwt_secret: 'x' }, { WAYBILL_START_CHECKS: 'false' }).registry.join()).toEqual([]);
  });

  it('does not compare with those that are lost', async () => {
    const [a, b] = [nodeOf('a'), nodeOf('b')];
    await a.registry.join();
    await b.registry.join();
    a.kill();
    await vi.waitFor(() => expect(b.registry.find('a')?.lostAt).toBeDefined(), { timeout: 10_000 });
    await b.registry.stop();
    expect(await nodeOf('c', { ...COMMON, jwt_secret: 'new' }).registry.join()).toEqual([]);
  });

  it('refuses a second node of one name while the first answers, and lets one that was killed come back at once', async () => {
    const first = nodeOf('a');
    await first.registry.join();
    expect(await nodeOf('a').registry.join()).toEqual([expect.stringContaining('a node named a is running')]);
    first.kill();
    const began = performance.now();
    expect(await nodeOf('a').registry.join()).toEqual([]);
    // Its lease would have gone on for longer.
    expect(performance.now() - began).toBeLessThan(400);
  });

  it('has a node whose name was given away leave the others when it finds out', async () => {
    const hung = nodeOf('a');
    await hung.registry.join();
    hung.channel.leave();
    expect(await nodeOf('a').registry.join()).toEqual([]);
    await vi.waitFor(() => expect(hung.misfits).toEqual([expect.stringContaining('its name a was given to another node')]), {
      timeout: 10_000,
    });
    expect([hung.registry.misfit, hung.registry.isJoined]).toEqual([hung.misfits[0], false]);
  });

  it('joins when Redis is there, and says then that it does not fit', async () => {
    const a = nodeOf('a');
    await a.registry.join();
    const [late, odd] = [nodeOf('b'), nodeOf('c', { ...COMMON, api_key: 'x' })];
    for (const { store } of [late, odd]) store.setOpen(false);
    expect([await late.registry.join(), await odd.registry.join(), late.registry.isJoined]).toEqual([[], [], false]);
    for (const { store } of [late, odd]) store.setOpen(true);
    await vi.waitFor(() => expect(odd.misfits).toEqual([expect.stringContaining('WAYBILL_API_KEY')]), { timeout: 10_000 });
    await vi.waitFor(() => expect([names(a), late.registry.isJoined, late.misfits]).toEqual([['b'], true, []]), { timeout: 10_000 });
  });

  it('has a newcomer that does not fit give way, although it was the first to meet a store that forgot everything', async () => {
    const settled = [nodeOf('a'), nodeOf('b')];
    for (const { registry } of settled) await registry.join();
    for (const { store } of settled) store.setOpen(false);
    table.entries.clear();
    const odd = nodeOf('odd', { ...COMMON, api_key: 'x' });
    expect(await odd.registry.join()).toEqual([]);
    for (const { store } of settled) store.setOpen(true);
    await vi.waitFor(() => expect(odd.misfits).toEqual([expect.stringContaining('WAYBILL_API_KEY: is not that of a')]));
    expect(settled.map(({ misfits }) => misfits)).toEqual([[], []]);
    expect(odd.registry.isJoined).toBe(false);
  });

  it('finds out who was lost while Redis forgot everything', async () => {
    const [a, b, c] = [nodeOf('a'), nodeOf('b'), nodeOf('c')];
    for (const { registry } of [a, b, c]) await registry.join();
    await vi.waitFor(() => expect(names(a)).toEqual(['b', 'c']));
    for (const { store } of [a, b, c]) store.setOpen(false);
    c.kill();
    table.entries.clear();
    expect(names(a)).toEqual(['b', 'c']);
    for (const { store } of [a, b]) store.setOpen(true);
    await vi.waitFor(
      () => expect([a, b].map(({ registry }) => registry.find('c')?.lostAt)).toEqual([expect.any(Number), expect.any(Number)]),
      {
        timeout: 10_000,
      },
    );
    expect([a.registry.find('b')?.lostAt, b.registry.find('a')?.lostAt]).toEqual([undefined, undefined]);
  });
});
