import { asWaybillError, knownErrorCode, WaybillError } from './errors.js';
import { count, type Fields, isFields, text } from './frames.js';

/** A REST call to a gateway. */
export interface RestRequest {
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v1/`, with its query string: `topics/chat.lobby/messages?limit=10`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Token or API key, sent as `Authorization: Bearer`. */
  readonly credential?: string | undefined;
  /** More headers, such as `Idempotency-Key`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** In milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

/**
 * One REST call. Answers the `data` of the body; rejects with the body's code, with `UNREACHABLE` where no answer came, and
 * with `BAD_FRAME` where what answered is not a Waybill gateway.
 */
export async function callRest(restUrl: string, request: RestRequest, fetcher: typeof fetch = fetch): Promise<unknown> {
  const response = await send(restUrl, request, fetcher);
  const body = await bodyOf(response);
  if (body === undefined) {
    throw new WaybillError(
      'BAD_FRAME',
      `${response.url} answered ${response.status} without Waybill's body; is this the gateway's address?`,
    );
  }
  if (response.ok) return body['data'];
  const retryAfterMs = count(body['retry_after_ms']) ?? retryAfterHeader(response);
  throw new WaybillError(knownErrorCode(body['code']), text(body['message']) ?? `HTTP status ${response.status}`, {
    field: text(body['field']),
    retryAfterMs,
    traceId: text(body['trace_id']),
  });
}

async function send(restUrl: string, request: RestRequest, fetcher: typeof fetch): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json', ...request.headers };
  if (request.credential !== undefined) headers['authorization'] = `Bearer ${request.credential}`;
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetcher(`${restUrl}/${request.path}`, {
      method: request.method ?? 'GET',
      headers,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.timeout(request.timeoutMs ?? 10_000),
    });
  } catch (thrown) {
    throw asWaybillError(thrown, 'UNREACHABLE', `${restUrl} did not answer`);
  }
}

async function bodyOf(response: Response): Promise<Fields | undefined> {
  try {
    const body: unknown = await response.json();
    return isFields(body) && typeof body['code'] === 'string' ? body : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterHeader(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}
