import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../../protocol/refusal.js';
import type { RefusalKind } from '../../telemetry/refused.js';
import type { Telemetry } from '../../telemetry/telemetry.js';
import type { Admission } from '../admission.js';
import { reportRefusal } from '../refused.js';
import { wantsEventStream } from './accept.js';

/** Routes that turn one credential into another, or begin to. */
const LOGIN_ROUTE = /\/(?:check|challenge|login|refresh|sessions?|tickets|token)$/;
const PUBLISH_ROUTE = /\/(?:messages|broadcast)$/;

/** Tells telemetry that a request was refused, or one item of a batch. */
export function reportRefusedRequest(
  { telemetry, admission }: { readonly telemetry: Telemetry; readonly admission: Admission },
  request: FastifyRequest,
  refusal: Refusal,
  topic = topicOf(request),
): void {
  reportRefusal(telemetry, refusal, {
    kind: kindOf(request, refusal),
    user: request.principal?.id,
    address: admission.addressOf(request.raw),
    topic,
    traceId: request.traceId,
  });
}

function kindOf({ method, headers, routeOptions: { url = '' } }: FastifyRequest, { code }: Refusal): RefusalKind {
  if (code === 'UNAUTHENTICATED' || code === 'TOKEN_EXPIRED' || LOGIN_ROUTE.test(url)) return 'login';
  if (!PUBLISH_ROUTE.test(url)) return 'request';
  if (method === 'POST') return 'publish';
  return wantsEventStream(headers.accept) ? 'subscribe' : 'request';
}

function topicOf(request: FastifyRequest): string | undefined {
  return (request.params as Readonly<Record<string, string>> | undefined)?.['topic'];
}
