import { createHash } from 'node:crypto';
import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { type AuditedRequest, noteForAudit } from '../../audit/audit-note.js';
import { Requires } from '../../auth/requires.js';
import { holdsNullCharacter, NULL_CHARACTER_PROBLEM } from '../../protocol/null-character.js';
import type { ErasureAnswer } from '../../protocol/ops/erasure-answer.js';
import { Refusal } from '../../protocol/refusal.js';
import { isUserId } from '../../protocol/topic-name.js';
import { Erasing } from '../erasure/erasing.js';

const erasureBody = z.strictObject({
  user: z.string('must be a user id').refine(isUserId, 'must be a user id: up to 128 printable characters'),
});

/** Takes a user out of what is stored. The audit trail can never be changed, so it keeps a hash instead of the name. */
@ApiTags('operations')
@Controller('api/v1/ops/erasures')
export class OpsErasuresController {
  constructor(private readonly erasing: Erasing) {}

  @Post()
  @HttpCode(200)
  @Requires({ scope: 'admin', users: false, operator: 'admin', audit: 'user.erase' })
  @ApiOperation({
    summary: 'Erases a user: what the ledger recorded of them, the payloads of what they published, and their own topic',
    description:
      'May take minutes on a large log, and may be repeated: it removes what is left. Their connections are closed with 4400, those on other nodes within a checkpoint of the ledger. Answers what was removed, by kind.',
  })
  @ApiBody({ schema: { type: 'object', properties: { user: { type: 'string', description: 'User id' } }, required: ['user'] } })
  async erase(@Body() body: unknown, @Req() request: AuditedRequest): Promise<ErasureAnswer> {
    const { user } = readBody(body);
    const hash = createHash('sha256').update(user, 'utf8').digest('hex');
    noteForAudit(request, { target: `sha256:${hash}` });
    const { at, ...counts } = await this.erasing.erase(user);
    noteForAudit(request, { after: { ...counts, erased_at: at } });
    return { user_hash: hash, ...counts, erased_at: at };
  }
}

function readBody(body: unknown): z.output<typeof erasureBody> {
  if (holdsNullCharacter(body)) throw Refusal.badRequest('body', NULL_CHARACTER_PROBLEM);
  const parsed = erasureBody.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') throw Refusal.badRequest(issue.keys[0] ?? 'body', 'no such member');
  throw Refusal.badRequest(issue?.path.join('.') || 'body', issue?.message ?? 'not understood');
}
