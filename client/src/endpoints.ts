/** Addresses of one gateway. */
export interface Endpoints {
  /** The socket, with the client's name in its query string. */
  readonly socket: string;
  /** Base of REST, without a slash at the end. */
  readonly rest: string;
}

const SCHEMES: Readonly<Record<string, readonly [socket: string, rest: string]>> = {
  'http:': ['ws:', 'http:'],
  'https:': ['wss:', 'https:'],
  'ws:': ['ws:', 'http:'],
  'wss:': ['wss:', 'https:'],
};

/** Takes `https://host`, `wss://host/ws` or either behind a path prefix. Throws a `TypeError` for anything else. */
export function endpointsOf(address: string, clientName: string): Endpoints {
  if (!URL.canParse(address))
    throw new TypeError(`"${address}" is not a URL; give the gateway's address, such as https://push.example.com`);
  const url = new URL(address);
  const schemes = SCHEMES[url.protocol];
  if (schemes === undefined) throw new TypeError(`"${address}" must begin with http://, https://, ws:// or wss://`);
  if (url.search !== '' || url.username !== '') {
    throw new TypeError('The address takes no query string and no credentials; a token is given by the `token` option');
  }
  const base = `//${url.host}${url.pathname.replace(/\/+$/, '').replace(/\/ws$/, '')}`;
  return {
    socket: `${schemes[0]}${base}/ws?client=${encodeURIComponent(clientName)}`,
    rest: `${schemes[1]}${base}/api/v1`,
  };
}
