import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import type { ConnectionView } from '../../messaging/gateway-control.js';
import { DISCONNECT_BODY, readDisconnect } from '../disconnects/disconnect-body.js';
import type { DisconnectProgress } from '../disconnects/disconnect-run.js';
import { Disconnects } from '../disconnects/disconnects.js';
import { actorOf, type AdmittedRequest } from './admitted-request.js';

const EXAMPLES = 10;

interface Preview {
  readonly as_of: number;
  readonly count: number;
  /** Seconds that it would take at the rate. */
  readonly takes_s: number;
  readonly examples: readonly Pick<ConnectionView, 'id' | 'ref' | 'user' | 'address' | 'client' | 'age_ms'>[];
}

interface DisconnectList {
  readonly as_of: number;
  readonly items: readonly DisconnectProgress[];
}

/** Disconnecting many connections of this node at once: seen before, confirmed, paced, and stopped where it was wrong. */
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
  start(
    @Body() body: unknown,
    @Req() request: AdmittedRequest,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Preview | DisconnectProgress {
    const { confirm, ...asked } = readDisconnect(body);
    const { filter, reconnect, reason, ratePerS } = asked;
    const noted = { filter, reconnect, ...(reason === undefined ? {} : { reason }), rate_per_s: ratePerS };
    noteForAudit(request, { after: { ...noted, ...(confirm === undefined ? { preview: true } : { confirm }) } });
    if (confirm === undefined) {
      reply.status(HttpStatus.OK);
      const found = this.disconnects.matching(filter);
      return {
        as_of: Date.now(),
        count: found.length,
        takes_s: Math.ceil(found.length / ratePerS),
        examples: found.slice(0, EXAMPLES).map(example),
      };
    }
    const progress = this.disconnects.start({ ...asked, by: actorOf(request) }, confirm);
    noteForAudit(request, { target: progress.id, after: { ...noted, matched: progress.matched } });
    return progress;
  }

  @Get()
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'The last runs of this node, newest first' })
  list(): DisconnectList {
    return { as_of: Date.now(), items: this.disconnects.list() };
  }

  @Get(':id')
  @Requires({ scope: 'ops', users: false, operator: 'viewer' })
  @ApiOperation({ summary: 'How far one run is' })
  one(@Param('id') id: string): DisconnectProgress & { readonly as_of: number } {
    return { as_of: Date.now(), ...this.disconnects.one(id) };
  }

  @Delete(':id')
  @HttpCode(200)
  @Requires({ scope: 'admin', users: false, operator: 'operator', audit: 'connections.disconnect.stop' })
  @ApiOperation({ summary: 'Stops a run; what was closed stays closed' })
  stop(@Param('id') id: string, @Req() request: AdmittedRequest): DisconnectProgress {
    const progress = this.disconnects.stop(id, actorOf(request));
    const { matched, closed, left } = progress;
    noteForAudit(request, { after: { matched, closed, left } });
    return progress;
  }
}

function example({ id, ref, user, address, client, age_ms }: ConnectionView): Preview['examples'][number] {
  return { id, ref, user, address, client, age_ms };
}
