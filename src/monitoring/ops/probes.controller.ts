import type { ServerResponse } from 'node:http';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { type AuditedRequest, noteForAudit } from '../../audit/audit-note.js';
import { AuditTrail } from '../../audit/audit-trail.js';
import type { Principal } from '../../auth/principal.js';
import { Requires } from '../../auth/requires.js';
import { Config } from '../../config/config.js';
import { Refusal } from '../../protocol/refusal.js';
import { PROBE_BODY, readProbeBody } from '../probes/probe-body.js';
import { ClusterProbes, type FoundProbe } from '../probes/cluster-probes.js';
import { ProbeStream, shown, type StreamedProbe } from '../probes/probe-stream.js';
import type { ProbePage } from '../probes/remote-probe.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { probeView, type ProbeView } from '../probes/probe-view.js';
import { pageBehind } from './list-place.js';
import { eventsQuery, lastEventId, probesQuery, wantsEvents } from './probe-query.js';
import { readQuery } from './query.js';

const MS_PER_SECOND = 1_000;
/** Beyond it somebody who reads on is recorded once more. */
const MOST_READINGS = 1_000;

/** What the admission of the gateway leaves on a request. */
interface AdmittedRequest extends AuditedRequest {
  readonly principal?: Principal;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly traceId?: string;
  readonly routeOptions: { readonly url?: string };
  readonly observation?: { respond(route: string, status: number): void; end(result: 'OK'): void };
}

/** As much of the reply as a stream needs: it writes behind it. */
interface Reply {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Readonly<Record<string, number | string | readonly string[] | undefined>>;
  header(name: string, value: string): Reply;
  type(name: string): Reply;
  send(body: string): unknown;
}

/** Watching a user, a topic or a connection for a while, on all nodes. */
@ApiTags('operations')
@Controller('api/v1/ops/probes')
export class OpsProbesController {
  /** Who has read payloads of which probe: each is on record. */
  private readonly readings = new Set<string>();

  constructor(
    private readonly probes: ClusterProbes,
    private readonly audit: AuditTrail,
    private readonly config: Config,
  ) {}

  @Post()
  @Requires({ scope: 'ops', users: false, operator: 'operator', audit: 'probe.start' })
  @ApiOperation({ summary: 'Watches a user, a topic or a connection for some minutes; payloads need the role or scope admin' })
  @ApiBody({ schema: PROBE_BODY })
  async start(@Body() body: unknown, @Req() request: AdmittedRequest): Promise<ProbeView> {
    const { target, connection, minutes, payload, note } = readProbeBody(body);
    noteForAudit(request, { after: { ...asked(body), payload } });
    if (payload) requirePayloadRights(request.principal);
    const probe = await this.probes.start({
      target: target ?? (await this.probes.connectionOf(connection)),
      minutes,
      payload,
      note,
      createdBy: request.principal?.id ?? 'unknown',
    });
    noteForAudit(request, { target: probe.start.id, after: { ...asked(body), payload, ends_at: probe.start.endsAt } });
    return probeView(probe);
  }

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'Probes of all nodes, those that ended lately included' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiQuery({ name: 'cursor', required: false, description: '`next` of the page before' })
  async list(
    @Query() query: unknown,
  ): Promise<{ items: readonly ProbeView[]; as_of: number; missing: readonly MissingNode[]; next?: string }> {
    const { limit, cursor } = readQuery(probesQuery, query);
    const { items: all, missing } = await this.probes.list();
    const order = { idOf: ({ id }: ProbeView) => id, keyOf: ({ started_at: at }: ProbeView) => -at };
    return { ...pageBehind(all, order, { limit, cursor }), missing, as_of: Date.now() };
  }

  @Get(':id')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'One probe' })
  async one(@Param('id') id: string): Promise<ProbeView> {
    return viewOf(await this.probes.find(id));
  }

  @Delete(':id')
  @HttpCode(200)
  @Requires({ scope: 'ops', users: false, operator: 'operator', audit: 'probe.end' })
  @ApiOperation({ summary: 'Ends a probe; what it recorded can be read for a while' })
  async end(@Param('id') id: string, @Req() request: AdmittedRequest): Promise<ProbeView> {
    const found = await this.probes.find(id);
    const wasLive = viewOf(found).state === 'live';
    const view = await this.probes.end(found, request.principal?.id ?? 'unknown');
    noteForAudit(request, { after: { was_live: wasLive, records: view.records } });
    return view;
  }

  @Get(':id/events')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'What a probe recorded: a page of JSON, or a live stream with Accept: text/event-stream' })
  @ApiQuery({ name: 'after', required: false, type: Number, description: 'Only events after this one; 0 for all that are kept' })
  @ApiQuery({ name: 'limit', required: false, type: Number })
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'For a stream: goes on behind this event' })
  @ApiProduces('application/json', 'text/event-stream')
  async events(@Param('id') id: string, @Query() query: unknown, @Req() request: AdmittedRequest, @Res() reply: Reply): Promise<void> {
    const { after, limit } = readQuery(eventsQuery, query);
    const found = await this.probes.find(id);
    const withPayload = viewOf(found).payload && mayReadPayload(request.principal);
    if (withPayload) await this.recordReading(id, request);
    if (wantsEvents(request.headers['accept'])) return this.stream(found, { after, withPayload }, request, reply);
    const { events, more, probe } = await this.pageOf(found, { id, after, limit });
    const last = events.at(-1)?.n ?? after;
    const missed = events[0] === undefined ? 0 : events[0].n - after - 1;
    // Written by hand: the events are JSON already.
    const items = events.map((event) => shown(event, withPayload)).join(',');
    const data = `{"items":[${items}],"missed":${missed},"as_of":${Date.now()},"probe":${JSON.stringify(probe)}${more ? `,"next":"${last}"` : ''}}`;
    reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
    reply.send(`{"code":"OK","message":"OK","data":${data}${request.traceId === undefined ? '' : `,"trace_id":"${request.traceId}"`}}`);
  }

  private async pageOf(found: FoundProbe, question: { id: string; after: number; limit: number }): Promise<ProbePage> {
    if (found.kind === 'elsewhere') return this.probes.pageOf(found.node, question);
    const { probe } = found;
    const events = probe.ring.after(question.after, question.limit);
    const last = events.at(-1)?.n ?? question.after;
    return { events, more: probe.ring.after(last, 1).length > 0, probe: probeView(probe) };
  }

  private stream(found: FoundProbe, reading: { after: number; withPayload: boolean }, request: AdmittedRequest, reply: Reply): void {
    const after = lastEventId(request.headers['last-event-id']) ?? reading.after;
    const probe: StreamedProbe = found.kind === 'here' ? found.probe : this.probes.remote(found.node, found.view.id, after);
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
    // The request is answered; what follows is as long as its reader stays.
    request.observation?.respond(request.routeOptions.url ?? 'unknown', 200);
    request.observation?.end('OK');
    new ProbeStream(probe, { ...reading, after, forMs: this.config.probes.streamSeconds * MS_PER_SECOND }, reply.raw).start();
  }

  /** Once for each reader of a probe on this node, before the first payload leaves. Refuses where it cannot be recorded. */
  private async recordReading(probe: string, request: AdmittedRequest): Promise<void> {
    const actor = request.principal?.id ?? 'unknown';
    const reading = `${probe} ${actor}`;
    if (this.readings.has(reading)) return;
    try {
      await this.audit.record({
        actor,
        action: 'probe.payload_read',
        target: probe,
        result: 'OK',
        address: undefined,
        traceId: request.traceId,
      });
    } catch {
      throw new Refusal('UNAVAILABLE', 'that you read payloads cannot be recorded now, so none are shown; try again', {
        retryAfterMs: 1_000,
      });
    }
    this.readings.add(reading);
    const [oldest] = this.readings;
    if (this.readings.size > MOST_READINGS && oldest !== undefined) this.readings.delete(oldest);
  }
}

function viewOf(found: FoundProbe): ProbeView {
  return found.kind === 'here' ? probeView(found.probe) : found.view;
}

function mayReadPayload(principal: Principal | undefined): boolean {
  if (principal === undefined) return false;
  return principal.kind === 'operator' ? principal.roles.includes('admin') : principal.scopes.includes('admin');
}

function requirePayloadRights(principal: Principal | undefined): void {
  if (mayReadPayload(principal)) return;
  throw new Refusal(
    'PERMISSION_DENIED',
    'payload: what people write to one another is shown to the role or scope "admin" alone; leave payload out',
    {
      rule: 'probes.payload',
      field: 'payload',
    },
  );
}

/** What the audit trail keeps of the request. */
function asked(body: unknown): object {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}
