/**
 * `authenticating`: accepted, waiting for the `auth` frame or for its verdict. `open`: authenticated. `draining`: a close has begun,
 * nothing more is handled or delivered. `closed`: the TCP connection is gone.
 */
export type ConnectionState = 'authenticating' | 'open' | 'draining' | 'closed';
