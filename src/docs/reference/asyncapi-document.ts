import { SCHEMA } from '../../config/schema.js';
import { asyncApi } from '../../protocol/asyncapi.js';
import { orderedJson } from './ordered-json.js';

/** docs/reference/asyncapi.json: the document of the socket, as a gateway with default settings serves it. */
export function asyncApiDocument(): string {
  return orderedJson(asyncApi({ frameBytes: SCHEMA.gateway.frameBytes.default }));
}
