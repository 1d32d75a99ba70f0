import { isIP } from 'node:net';
import { flag, integer, list, oneOf, optionalText, text } from '../option.js';

/** Ports, addresses, and where the program keeps its files. */
export const serverOptions = {
  port: integer({
    env: 'WAYBILL_PORT',
    default: 8080,
    min: 0,
    max: 65_535,
    unit: 'TCP port',
    zero: 'a free port is chosen',
    doc: 'Public port: WebSocket, REST and documents.',
  }),
  host: text({ env: 'WAYBILL_HOST', default: '0.0.0.0', doc: 'Address the public port listens on.' }),
  opsPort: integer({
    env: 'WAYBILL_OPS_PORT',
    default: 9464,
    min: 0,
    max: 65_535,
    unit: 'TCP port',
    zero: 'a free port is chosen',
    doc: "Operators' port: /metrics, /healthz, /readyz. Never expose it to the public.",
  }),
  opsHost: text({ env: 'WAYBILL_OPS_HOST', default: '127.0.0.1', doc: "Address the operators' port listens on." }),
  console: flag({
    env: 'WAYBILL_CONSOLE',
    default: true,
    doc: "Serves the operators' console at /console of the public port. What it shows needs an operator who signed in.",
  }),
  dataDir: text({
    env: 'WAYBILL_DATA_DIR',
    default: '.waybill',
    doc: 'Directory for the embedded database, generated secrets, and profiles and snapshots of this node.',
  }),
  nodeId: optionalText({
    env: 'WAYBILL_NODE_ID',
    zero: 'a random id for each start',
    doc: 'Name of this node in answers, logs and metrics.',
    check: (value) => (/^[A-Za-z0-9_-]{1,64}$/.test(value) ? undefined : 'must be 1 to 64 characters of A-Z a-z 0-9 _ -'),
  }),
  allowedOrigins: list({
    env: 'WAYBILL_ALLOWED_ORIGINS',
    default: [],
    live: true,
    zero: 'an empty list allows only pages served by this gateway itself',
    unit: 'origins',
    doc: 'Origins (scheme://host:port, compared exactly) that browsers may connect from; also the CORS list. `*` allows every origin.',
    check: (value) => (value === '*' || isOrigin(value) ? undefined : 'is not an origin such as https://app.example.com'),
  }),
  trustedProxies: list({
    env: 'WAYBILL_TRUSTED_PROXIES',
    default: [],
    zero: 'no proxy is trusted: an address is that of the TCP peer',
    unit: 'addresses and networks',
    doc: 'Proxies (addresses, or networks such as 10.0.0.0/8) whose X-Forwarded-For is believed: its right-most address that is not one of them is the client.',
    check: (value) => (isNetwork(value) ? undefined : 'is neither an IP address nor a network such as 10.0.0.0/8'),
  }),
  backlog: integer({
    env: 'WAYBILL_BACKLOG',
    default: 4_096,
    min: 1,
    max: 65_535,
    unit: 'connections',
    doc: 'TCP connections that the kernel may hold until the public port accepts them; the kernel caps it (net.core.somaxconn).',
  }),
  logLevel: oneOf({
    env: 'WAYBILL_LOG_LEVEL',
    default: 'info',
    live: true,
    values: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    doc: 'Least level that is logged.',
  }),
  logPretty: flag({
    env: 'WAYBILL_LOG_PRETTY',
    default: false,
    zero: 'JSON lines',
    doc: 'Human-readable logs; also chosen when standard output is a terminal.',
  }),
} as const;

function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value;
}

function isNetwork(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const version = address.includes('%') ? 0 : isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
