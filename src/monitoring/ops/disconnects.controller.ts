import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { DISCONNECT_BODY, readDisconnect } from '../disconnects/disconnect-body.js';
import { type DisconnectPreview, Disconnects } from '../disconnects/disconnects.js';
import type { ClusterProgress } from '../disconnects/merged-progress.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { actorOf, type AdmittedRequest } from './admitted-request.js';

interface Preview extends DisconnectPreview {
  readonly as_of: number;
  /** Seconds that it would take at the rate. */
  readonly takes_s: number;
}

interface DisconnectList {
  readonly as_of: number;
  readonly items: readonly ClusterProgress[];
  readonly missing: readonly MissingNode[];
}

/** Disconnecting many connections at once, of all nodes: seen before, confirmed, paced, and stopped where it was wrong. */
@ApiTags('operations')
@Controller('api/v1/ops/disconnects')
export class OpsDisconnectsController {
  constructor(private readonly disconnects: Disconnects) {}

  @Post()
  @HttpCode(202)
  @Requires({ scope: 'admin', users: false, operator: 'operator', audit: 'connections.disconnect' })
  @ApiOperation({
    summary: 'Disconnects all connections that a filter names, after a preview',
    description:
      'With preview: the count and ten examples, 200. Without: confirm is the count that was seen; answers 202 with an id. One runs at a time. Connections that come after its start are left alone.',
  })
  @ApiBody({ schema: DISCONNECT_BODY })
  async start(
    @Body() body: unknown,
    @Req() request: AdmittedRequest,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<Preview | ClusterProgress> {
    const { confirm, ...asked } = readDisconnect(body);
    const { filter, reconnect, reason, ratePerS } = asked;
    const noted = { filter, reconnect, ...(reason === undefined ? {} : { reason }), rate_per_s: ratePerS };
    noteForAudit(request, { after: { ...noted, ...(confirm === undefined ? { preview: true } : { confirm }) } });
    if (confirm === undefined) {
      reply.status(HttpStatus.OK);
      const found = await this.disconnects.preview(filter);
      return { as_of: Date.now(), ...found, takes_s: Math.ceil(found.count / ratePerS) };
    }
    const progress = await this.disconnects.start({ ...asked, by: actorOf(request) }, confirm);
    noteForAudit(request, { target: progress.id, after: { ...noted, matched: progress.matched } });
    return progress;
  }

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'The last runs, newest first; missing names nodes that did not say what they do of them' })
  async list(): Promise<DisconnectList> {
    return { as_of: Date.now(), ...(await this.disconnects.list()) };
  }

  @Get(':id')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'How far one run is, over all nodes and on each' })
  async one(@Param('id') id: string): Promise<ClusterProgress & { readonly as_of: number }> {
    return { as_of: Date.now(), ...(await this.disconnects.one(id)) };
  }

  @Delete(':id')
  @HttpCode(200)
  @Requires({ scope: 'admin', users: false, operator: 'operator', audit: 'connections.disconnect.stop' })
  @ApiOperation({ summary: 'Stops a run on every node; what was closed stays closed' })
  async stop(@Param('id') id: string, @Req() request: AdmittedRequest): Promise<ClusterProgress> {
    const progress = await this.disconnects.stop(id, actorOf(request));
    const { matched, closed, left } = progress;
    noteForAudit(request, { after: { matched, closed, left } });
    return progress;
  }
}
