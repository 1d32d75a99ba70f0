import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Controller, Get, HttpCode, Post, Req, StreamableFile } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noteForAudit } from '../../audit/audit-note.js';
import type { AuditRecord } from '../../audit/audit-record.js';
import type { AuditEntry } from '../../audit/audit-trail.js';
import { MemoryAuditTrail } from '../../audit/memory-audit-trail.js';
import { Requires } from '../../auth/requires.js';
import { Refusal } from '../../protocol/refusal.js';
import { type RestServer, startRestServer } from '../../../test/support/rest-server.js';

/** A trail whose storage can be taken away. */
class FragileTrail extends MemoryAuditTrail {
  away = false;
  lost = false;

  override get refusal(): Refusal | undefined {
    return this.away ? new Refusal('UNAVAILABLE', 'the trail is away') : undefined;
  }

  override async record(entry: AuditEntry): Promise<void> {
    if (this.away || this.lost) throw new Error('not stored');
    await super.record(entry);
  }
}

let deeds = 0;

@Controller('api/v1/deeds')
class DeedsController {
  @Post(':what/:whom')
  @HttpCode(200)
  @Requires({ scope: 'admin', users: false, audit: 'deed.do' })
  act(@Req() request: FastifyRequest): object {
    deeds += 1;
    noteForAudit(request, { before: { deeds: deeds - 1 } });
    noteForAudit(request, { after: { deeds } });
    return { deeds };
  }

  @Get('file')
  @Requires({ scope: 'admin', users: false, audit: 'deed.download' })
  file(): StreamableFile {
    return new StreamableFile(createReadStream(fileURLToPath(import.meta.url)), { length: 1, disposition: 'attachment' });
  }
}

const trail = new FragileTrail();
let server: RestServer;
beforeAll(async () => {
  server = await startRestServer({ controllers: [DeedsController], trail });
});
afterAll(() => server.close());

const everything = (): Promise<readonly AuditRecord[]> => trail.read({ order: 'oldest', limit: 1_000 });

describe('an audited route', () => {
  it('is recorded before its answer leaves, with its parameters as target and what the handler noted', async () => {
    const { status, json } = await server.call('POST', '/api/v1/deeds/paint/the%20wall');
    expect(status).toBe(200);
    expect((await everything()).at(-1)).toMatchObject({
      action: 'deed.do',
      target: 'paint/the wall',
      result: 'OK',
      address: '127.0.0.1',
      trace_id: json.trace_id,
      before: { deeds: 0 },
      after: { deeds: 1 },
    });
  });

  it('is not begun while nothing can be recorded', async () => {
    const before = deeds;
    trail.away = true;
    const { status, json } = await server.call('POST', '/api/v1/deeds/paint/wall');
    trail.away = false;
    expect([status, json.code, deeds]).toEqual([503, 'UNAVAILABLE', before]);
  });

  it('is not reported as done where its record was lost, nor is its file handed out', async () => {
    const before = deeds;
    trail.lost = true;
    const [deed, file] = [await server.call('POST', '/api/v1/deeds/paint/wall'), await server.call('GET', '/api/v1/deeds/file')];
    trail.lost = false;
    expect(deeds).toBe(before + 1);
    for (const { status, json, headers } of [deed, file]) {
      expect([status, json.code, headers.get('content-disposition')]).toEqual([504, 'UNKNOWN_OUTCOME', null]);
      expect(json).not.toHaveProperty('data');
    }
  });

  it('leaves other routes alone while the trail is away', async () => {
    trail.away = true;
    expect((await server.call('GET', '/api/v1/topics')).status).toBe(200);
    trail.away = false;
  });
});

describe('a view of payloads', () => {
  const views = async (): Promise<readonly AuditRecord[]> => trail.read({ order: 'oldest', limit: 10, action: 'messages.read' });

  it('is recorded where an operator looks, and not where the application reads', async () => {
    await server.call('POST', '/api/v1/topics/seen.one/messages', '{"data":1}');
    expect((await server.call('GET', '/api/v1/topics/seen.one/messages')).status).toBe(200);
    expect(await views()).toEqual([]);
    const authorization = `Bearer ${server.credentials.operator('ada', 'viewer')}`;
    expect((await server.call('GET', '/api/v1/topics/seen.one/messages', undefined, { authorization })).status).toBe(200);
    expect(await views()).toEqual([expect.objectContaining({ actor: 'operator:ada', target: 'seen.one', result: 'OK' })]);
  });
});
