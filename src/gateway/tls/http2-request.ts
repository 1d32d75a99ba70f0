import { Http2ServerRequest } from 'node:http2';

/**
 * A request of HTTP/2 that says of its headers what one of HTTP/1.1 says: every value of those that came more than once (Node keeps
 * the first of those that may stand once, and so would hide a second credential), and the authority as `host`.
 */
export class Http2Request extends Http2ServerRequest {
  private distinct: NodeJS.Dict<string[]> | undefined;

  /** As `IncomingMessage.headersDistinct`. */
  get headersDistinct(): NodeJS.Dict<string[]> {
    return (this.distinct ??= distinctHeaders(this.rawHeaders));
  }
}

function distinctHeaders(raw: readonly string[]): NodeJS.Dict<string[]> {
  const distinct = Object.create(null) as NodeJS.Dict<string[]>;
  for (let index = 0; index + 1 < raw.length; index += 2)
    (distinct[(raw[index] as string).toLowerCase()] ??= []).push(raw[index + 1] as string);
  return distinct;
}
