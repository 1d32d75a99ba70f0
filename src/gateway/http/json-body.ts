import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseJson } from '../../protocol/codec.js';
import { Refusal } from '../../protocol/refusal.js';

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;

/**
 * JSON is the only body this gateway reads. The depth is checked before anything recurses, and the text stays on the request, because
 * payloads are passed on as they were written. Keys such as `__proto__` become ordinary own properties, as JSON.parse makes them.
 */
export function readJsonBodies(server: FastifyInstance, maxDepth: number): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      done(null, parseBody(request, body as Buffer, maxDepth));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseBody(request: FastifyRequest, body: Buffer, maxDepth: number): unknown {
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  if (charset !== 'utf-8' && charset !== 'utf8') {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'Content-Type: send application/json in UTF-8', { field: 'Content-Type' });
  }
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw Refusal.badRequest('body', 'not valid UTF-8');
  const text = body.toString('utf8');
  const value = parseJson(text, maxDepth, 'body');
  request.bodyText = text;
  return value;
}
