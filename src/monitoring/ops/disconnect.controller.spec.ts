import type { ModuleRef } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionView, ScriptedGateway } from '../../../test/support/scripted-gateway.js';
import { ClusterCalls } from '../../cluster/cluster-calls.js';
import { MemberTable, MemoryMemberStore } from '../../cluster/memory-member-store.js';
import { MemoryNodeChannel, MemoryWire } from '../../cluster/memory-node-channel.js';
import { Registry } from '../../cluster/registry.js';
import { Config } from '../../config/config.js';
import { GatewayControl } from '../../messaging/gateway-control.js';
import { Refusal } from '../../protocol/refusal.js';
import { OneDisconnect } from '../disconnects/one-disconnect.js';
import type { Wanted } from '../orders/orders.js';
import type { OrderKind } from '../orders/order.js';
import type { Orders } from '../orders/orders.js';
import type { AdmittedRequest } from './admitted-request.js';
import { OpsDisconnectController } from './disconnect.controller.js';

interface Node {
  readonly gateway: ScriptedGateway;
  readonly controller: OpsDisconnectController;
  readonly registry: Registry;
  readonly channel: CutChannel;
}

class CutChannel extends MemoryNodeChannel {
  override isOpen = true;
}

let nodes: readonly [Node, Node];
let given: Wanted<OrderKind>[];
let refused: Refusal | undefined;

function node(name: string, wire: MemoryWire, table: MemberTable): Node {
  const config = Config.from({});
  const gateway = new ScriptedGateway();
  const channel = new CutChannel(name, wire);
  const registry = new Registry(config, channel, new MemoryMemberStore(table));
  const calls = new ClusterCalls({ ...config.cluster, callTimeoutMs: 100 }, channel, registry);
  const modules = { get: (token: unknown) => (token === GatewayControl ? gateway : undefined) } as unknown as ModuleRef;
  const orders = {
    on: () => undefined,
    give: (wanted: Wanted<OrderKind>) => (refused === undefined ? Promise.resolve(given.push(wanted)) : Promise.reject(refused)),
  } as unknown as Orders;
  const one = new OneDisconnect(modules, calls, channel, orders);
  one.onModuleInit();
  return { gateway, controller: new OpsDisconnectController(one), registry, channel };
}

function reply(): { code: number; status(code: number): void } {
  return {
    code: 200,
    status(code) {
      this.code = code;
    },
  };
}

const request = (): AdmittedRequest & { auditNote?: object } => ({});

describe('DELETE ops/connections/{id}', () => {
  beforeEach(async () => {
    const [wire, table] = [new MemoryWire(), new MemberTable()];
    nodes = [node('node-1', wire, table), node('node-2', wire, table)];
    [given, refused] = [[], undefined];
    for (const { registry } of nodes) await registry.join();
    await expect.poll(() => nodes.map(({ registry }) => registry.others().length)).toEqual([1, 1]);
    nodes[0].gateway.add({
      view: connectionView({ id: 'c-1', ref: 'R1', address: '127.0.0.1', node: 'node-1' }),
      events: [],
      forgotten: 0,
    });
    nodes[1].gateway.add({
      view: connectionView({ id: 'c-2', ref: 'R2', address: '127.0.0.1', node: 'node-2' }),
      events: [],
      forgotten: 0,
    });
  });
  afterEach(() => Promise.all(nodes.map(({ registry }) => registry.stop())));

  it('closes with 4400, and notes whom for the audit trail', async () => {
    const by = request();
    expect(await nodes[0].controller.disconnect('c-1', {}, by, reply())).toEqual({ id: 'c-1', code: 4400, node: 'node-1' });
    expect(nodes[0].gateway.disconnected).toEqual([['c-1', 'DISCONNECTED']]);
    expect(by.auditNote).toEqual({
      before: { user: 'alice', ref: 'R1', state: 'open', address: '127.0.0.1', client: undefined },
      after: { state: 'closed', code: 4400 },
    });
  });

  it('closes for good, with a reason, on another node', async () => {
    const by = request();
    const answer = await nodes[0].controller.disconnect('c-2', { return: 'forbidden', reason: 'flooding' }, by, reply());
    expect(answer).toEqual({ id: 'c-2', code: 4500, node: 'node-2' });
    expect(nodes[1].gateway.disconnected).toEqual([['c-2', 'DISCONNECTED_FOR_GOOD', 'flooding']]);
    expect(by.auditNote).toMatchObject({ before: { ref: 'R2' }, after: { state: 'closed', code: 4500, reason: 'flooding' } });
    expect(given).toEqual([]);
  });

  it('knows that there is none where every node says so', async () => {
    const by = request();
    await expect(nodes[0].controller.disconnect('c-3', {}, by, reply())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect([by.auditNote, given]).toEqual([undefined, []]);
  });

  it('orders it of nodes that cannot be asked, and says which', async () => {
    nodes[0].channel.isOpen = false;
    const [by, answered] = [request(), reply()];
    const answer = await nodes[0].controller.disconnect('c-2', { reason: 'later' }, by, answered);
    expect([answered.code, answer]).toMatchObject([202, { id: 'c-2', code: 4400, missing: [{ node: 'node-2', reason: 'unreachable' }] }]);
    expect(given).toMatchObject([{ kind: 'disconnect.one', body: { connection: 'c-2', reconnect: true, reason: 'later' } }]);
    expect(by.auditNote).toEqual({ after: { state: 'ordered', code: 4400, reason: 'later' } });
    refused = new Refusal('UNAVAILABLE', 'no database');
    await expect(nodes[0].controller.disconnect('c-2', {}, request(), reply())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it.each([
    [{ return: 'maybe' }, 'query.return'],
    [{ reason: '' }, 'query.reason'],
    [{ reason: 'é'.repeat(51) }, 'query.reason'],
    [{ code: '4400' }, 'query.code'],
  ])('refuses %j', async (query, field) => {
    await expect(nodes[0].controller.disconnect('c-1', query, request(), reply())).rejects.toMatchObject({ code: 'BAD_REQUEST', field });
    expect(nodes[0].gateway.disconnected).toEqual([]);
  });
});
