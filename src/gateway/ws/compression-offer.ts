import type { IncomingHttpHeaders } from 'node:http';

const HEADER = 'sec-websocket-extensions';
const EXTENSION = 'permessage-deflate';
const PARAMETER = /^([a-z_]+)(?:\s*=\s*(?:"(\d+)"|(\d+)))?$/;
/** What a client may ask of our window: nothing, or the largest. One smaller would need an encoding of its own for each message. */
const OUR_WINDOW = new Set<string | undefined>(['15']);
const WINDOWS = new Set<string | undefined>([undefined, '8', '9', '10', '11', '12', '13', '14', '15']);
const NO_VALUE = new Set<string | undefined>([undefined]);

/** Parameters that an offer may have (RFC 7692 section 7.1), with their values. */
const PARAMETERS: ReadonlyMap<string, ReadonlySet<string | undefined>> = new Map([
  ['server_no_context_takeover', NO_VALUE],
  ['client_no_context_takeover', NO_VALUE],
  ['server_max_window_bits', OUR_WINDOW],
  ['client_max_window_bits', WINDOWS],
]);

/**
 * Leaves in the headers of an upgrade the one offer of compression that is accepted, or none. `ws` would refuse the upgrade where it
 * cannot accept an offer; RFC 7692 section 5 has it declined, and the connection is made without compression.
 */
export function chooseCompressionOffer(headers: IncomingHttpHeaders): void {
  const offer = headers[HEADER]?.split(',')
    .map(acceptedOffer)
    .find((accepted) => accepted !== undefined);
  if (offer === undefined) delete headers[HEADER];
  else headers[HEADER] = offer;
}

/** The part of an offer that the answer repeats; undefined: it cannot be accepted. */
function acceptedOffer(offer: string): string | undefined {
  const [name, ...parameters] = offer.split(';').map((part) => part.trim());
  if (name !== EXTENSION) return undefined;
  const seen = new Map<string, string | undefined>();
  for (const parameter of parameters) {
    const [, key, quoted, plain] = PARAMETER.exec(parameter) ?? [];
    const value = quoted ?? plain;
    if (key === undefined || seen.has(key) || PARAMETERS.get(key)?.has(value) !== true) return undefined;
    seen.set(key, value);
  }
  const window = seen.get('server_max_window_bits');
  return window === undefined ? EXTENSION : `${EXTENSION}; server_max_window_bits=${window}`;
}
