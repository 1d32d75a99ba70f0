import type { OutgoingHttpHeaders } from 'node:http';
import { Http2ServerResponse } from 'node:http2';

/** Headers that speak of an HTTP/1.1 connection; a message of HTTP/2 with one of them is malformed (RFC 9113 section 8.2.2). */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * A response of HTTP/2 that leaves out what handlers set for HTTP/1.1. Node throws there instead, and where the head of an answer is
 * written nobody can catch it: one such header would end the process.
 */
export class Http2Response extends Http2ServerResponse {
  override setHeader(name: string, value: number | string | readonly string[]): void {
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) super.setHeader(name, value);
  }

  override writeHead(statusCode: number, headers?: OutgoingHttpHeaders): this;
  override writeHead(statusCode: number, statusMessage: string, headers?: OutgoingHttpHeaders): this;
  override writeHead(statusCode: number, first?: OutgoingHttpHeaders | string, second?: OutgoingHttpHeaders): this {
    const headers = typeof first === 'string' ? second : first;
    const kept = Object.entries(headers ?? {}).filter(([name]) => !OF_THE_CONNECTION.has(name.toLowerCase()));
    return super.writeHead(statusCode, Object.fromEntries(kept));
  }
}
