import { HttpException } from '@nestjs/common';
import type { ErrorCode } from '../../protocol/error-codes.js';
import { Refusal } from '../../protocol/refusal.js';

type RefusalCode = Exclude<ErrorCode, 'OK'>;

/** Errors that Fastify raises itself, in our words. */
const FASTIFY_ERRORS: Readonly<Record<string, () => Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: () =>
    new Refusal('PAYLOAD_TOO_LARGE', 'body: over the limit (option gateway.frameBytes, for batches gateway.batchBytes)', { field: 'body' }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Refusal('UNSUPPORTED_MEDIA_TYPE', 'Content-Type: send application/json in UTF-8', { field: 'Content-Type' }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => Refusal.badRequest('Content-Length', 'does not match the body'),
  FST_ERR_BAD_URL: () => Refusal.badRequest('path', 'not valid percent-encoding'),
  FST_ERR_MAX_PARAM_LENGTH: () => Refusal.badRequest('path', 'a segment is too long'),
};

/** What a status of HTTP means in the registry, for errors that come from Nest or from other modules. */
const BY_STATUS: Readonly<Record<number, RefusalCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  408: 'TIMEOUT',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  426: 'UPGRADE_REQUIRED',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** The refusal that an error means; undefined: it means none and is a defect. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error;
  const fastify = fastifyRefusal(error);
  if (fastify !== undefined) return fastify;
  if (!(error instanceof HttpException)) return undefined;
  const byCause = error.cause instanceof Refusal ? error.cause : fastifyRefusal(error.cause);
  if (byCause !== undefined) return byCause;
  const status = error.getStatus();
  const code = BY_STATUS[status] ?? (status < 500 ? 'BAD_REQUEST' : undefined);
  return code === undefined ? undefined : new Refusal(code, error.message);
}

function fastifyRefusal(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return FASTIFY_ERRORS[error.code]?.();
}
