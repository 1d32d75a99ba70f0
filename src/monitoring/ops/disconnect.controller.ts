import { Controller, Delete, HttpStatus, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { CLOSES } from '../../protocol/close-codes.js';
import type { MissingNode } from '../../protocol/ops/missing-node.js';
import { OneDisconnect } from '../disconnects/one-disconnect.js';
import { actorOf, type AdmittedRequest } from './admitted-request.js';
import { readQuery } from './query.js';

/** A close frame holds 123 bytes of reason (RFC 6455 section 5.5); some are left for what the gateway adds. */
const LONGEST_REASON_BYTES = 100;
const disconnectQuery = z.strictObject({
  return: z.enum(['allowed', 'forbidden']).default('allowed'),
  reason: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= LONGEST_REASON_BYTES, `must have at most ${LONGEST_REASON_BYTES} bytes of UTF-8`)
    .optional(),
});

/** `node`: that had it; `missing`: those that could not be asked, and were ordered to close it. */
interface Disconnected {
  readonly id: string;
  readonly code: number;
  readonly node?: string;
  readonly missing?: readonly MissingNode[];
}

/** Disconnecting one connection, wherever it is. */
@ApiTags('operations')
@Controller('api/v1/ops/connections')
export class OpsDisconnectController {
  constructor(private readonly disconnects: OneDisconnect) {}

  @Delete(':id')
  @Requires({ scope: 'ops', users: false, operator: 'operator', audit: 'connection.disconnect' })
  @ApiOperation({
    summary: 'Disconnects one connection, on whichever node it is: with 4400, after which its client may return, or with 4500 for good',
    description:
      'Where nodes cannot be asked and no other has it, they are ordered to close it (202, `missing`): they do when they next look, within cluster.orderPollMs.',
  })
  @ApiQuery({
    name: 'return',
    required: false,
    enum: ['allowed', 'forbidden'],
    description: 'Whether its client may connect again by itself; default: allowed',
  })
  @ApiQuery({
    name: 'reason',
    required: false,
    description: 'Told to the client and recorded; at most 100 bytes. Default: the text of the code',
  })
  async disconnect(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: AdmittedRequest,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<Disconnected> {
    const { return: mayReturn, reason } = readQuery(disconnectQuery, query);
    const close = mayReturn === 'allowed' ? 'DISCONNECTED' : 'DISCONNECTED_FOR_GOOD';
    const done = await this.disconnects.close({ id, reconnect: mayReturn === 'allowed', reason }, actorOf(request));
    const { code } = CLOSES[close];
    const after = { code, ...(reason === undefined ? {} : { reason }) };
    if (done.kind === 'ordered') {
      noteForAudit(request, { after: { state: 'ordered', ...after } });
      reply.status(HttpStatus.ACCEPTED);
      return { id, code, missing: done.missing };
    }
    noteForAudit(request, { ...(done.whose === undefined ? {} : { before: done.whose }), after: { state: 'closed', ...after } });
    return { id, code, node: done.node };
  }
}
