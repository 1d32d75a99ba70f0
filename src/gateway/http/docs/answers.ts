import { applyDecorators } from '@nestjs/common';
import { ApiParam, ApiResponse } from '@nestjs/swagger';
import type { ContentObject, SchemaObject } from '@nestjs/swagger';
import { ERRORS, type ErrorCode } from '../../../protocol/error-codes.js';
import { object, REFUSAL_MEMBERS, TRACE_ID } from './schemas.js';

type RefusalCode = Exclude<ErrorCode, 'OK'>;

/** Codes that every route behind admission may answer with. */
const ALWAYS: readonly RefusalCode[] = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'RATE_LIMITED', 'INTERNAL', 'DRAINING'];

const STREAM: SchemaObject = {
  type: 'string',
  description:
    'Server-sent events. First `topic.subscribed` {topic, epoch, head, recovered?, count}; then topic messages as plain events whose id is `epoch:seq` and whose data is the envelope; ' +
    'the frames topic.gap, topic.reset, presence.join and presence.leave as events of those names; last `sys.closing` {code, reason, retry_after_ms?, ref}.',
};

/** Documents the answer that carries data. `stream`: the route answers with server-sent events too. */
export function Answers(status: 200 | 201, data: SchemaObject, { stream = false } = {}): MethodDecorator {
  const schema = object({ code: { type: 'string', enum: ['OK'] }, message: { type: 'string' }, data, trace_id: TRACE_ID }, [
    'code',
    'message',
    'data',
    'trace_id',
  ]);
  const content: ContentObject = { 'application/json': { schema }, ...(stream ? { 'text/event-stream': { schema: STREAM } } : {}) };
  return ApiResponse({ status, description: 'Carried out.', content });
}

/** Documents what a route refuses with, beside what every route may; one entry for each status. */
export function Refuses(...codes: readonly RefusalCode[]): MethodDecorator {
  const byStatus = Map.groupBy(new Set([...codes, ...ALWAYS]), (code) => ERRORS[code].http);
  const schemaOf = (own: readonly RefusalCode[]): SchemaObject =>
    object({ ...REFUSAL_MEMBERS, code: { type: 'string', enum: [...own] }, trace_id: TRACE_ID }, ['code', 'message']);
  return applyDecorators(
    ...[...byStatus].map(([status, own]) =>
      ApiResponse({
        status,
        description: own.map((code) => `${code}: ${ERRORS[code].meaning}`).join('\n\n'),
        content: { 'application/json': { schema: schemaOf(own) } },
      }),
    ),
  );
}

export function PathParameter(name: string, description: string): MethodDecorator {
  return ApiParam({ name, description, schema: { type: 'string' } });
}
