import { CLOSES, mayReconnect } from './close-codes.js';
import { ERRORS } from './error-codes.js';
import { ACTION, ANYTHING, type JsonSchema, MILLISECONDS, MSG_ID, shape, TEXT } from './json-schema.js';
import { PROTOCOL_VERSION, SUBPROTOCOL } from './limits.js';
import { OVERVIEW_ACTION, OVERVIEW_SCHEMA } from './overview-sample.js';
import { SERVER_FRAMES } from './server-frames.js';
import { ENVELOPE, SOCKET_ACTIONS } from './socket-actions.js';
import { OVERVIEW_TOPIC } from './topic-name.js';

const CHANNEL = { $ref: '#/channels/socket' } as const;

/** The AsyncAPI 3.0 document of the socket. `frameBytes` is the largest frame a client may send. */
export function asyncApi({ frameBytes }: { readonly frameBytes: number }): JsonSchema {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Waybill socket',
      version: PROTOCOL_VERSION,
      description: `WebSocket door of the gateway, subprotocol ${SUBPROTOCOL}: text frames of JSON, up to ${frameBytes} bytes. REST is described at /api/docs.`,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      gateway: {
        host: '{host}',
        protocol: 'wss',
        description: 'The public port of a gateway.',
        variables: { host: { default: 'localhost:8080' } },
        security: [{ $ref: '#/components/securitySchemes/bearer' }, { $ref: '#/components/securitySchemes/ticket' }],
      },
    },
    channels: {
      socket: {
        address: '/ws',
        title: 'The socket',
        description: 'Replies leave in the order in which the requests came.',
        servers: [{ $ref: '#/servers/gateway' }],
        messages: messageReferences(),
        bindings: {
          ws: { method: 'GET', query: shape({ 'ticket?': TEXT, 'client?': TEXT }), headers: shape({ 'Sec-WebSocket-Protocol?': TEXT }) },
        },
        'x-close-codes': Object.values(CLOSES).map(({ code, reason, meaning }) => ({
          code,
          reason,
          meaning,
          reconnect: mayReconnect(code),
        })),
        'x-error-codes': Object.entries(ERRORS).map(([code, { http, retry, meaning }]) => ({ code, http, retry, meaning })),
      },
    },
    operations: { ...receiveOperations(), ...sendOperations() },
    components: {
      messages: { ...clientMessages(), ...replyMessages(), ...serverMessages() },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A user token, in the Authorization header of the upgrade.',
        },
        ticket: {
          type: 'httpApiKey',
          in: 'query',
          name: 'ticket',
          description: 'A one-time ticket of POST /api/v1/auth/tickets or, for operators, POST /api/v1/ops/session/ticket.',
        },
      },
    },
  };
}

/** Names of AsyncAPI may not carry dots, which references would read as paths of their own. */
function key(action: string): string {
  return action.replaceAll('.', '_');
}

function replyKey(action: string): string {
  return `${key(action)}_reply`;
}

function clientMessages(): JsonSchema {
  const messages = Object.entries(SOCKET_ACTIONS).map(([action, { summary, data }]) => {
    const payload = shape({
      'version?': TEXT,
      'msg_id?': MSG_ID,
      action: { const: action },
      'timestamp?': MILLISECONDS,
      'trace?': TEXT,
      'data?': data,
    });
    return [key(action), { name: action, title: action, summary, payload }];
  });
  const other = shape({ 'version?': TEXT, 'msg_id?': MSG_ID, action: ACTION, 'data?': ANYTHING });
  return {
    ...Object.fromEntries(messages),
    other: { name: 'other', title: 'An action of the application', summary: 'Goes to the handler that declared it.', payload: other },
  };
}

function replyMessages(): JsonSchema {
  const replies = Object.entries(SOCKET_ACTIONS).map(([action, { reply }]) => [
    replyKey(action),
    replyMessage(`Reply to ${action}`, reply),
  ]);
  return { ...Object.fromEntries(replies), other_reply: replyMessage('Reply to an action of the application', ANYTHING) };
}

function replyMessage(title: string, data: JsonSchema | undefined): JsonSchema {
  const payload = shape({
    version: TEXT,
    action: { const: 'reply' },
    'reply_to?': MSG_ID,
    timestamp: MILLISECONDS,
    code: { type: 'string', enum: Object.keys(ERRORS) },
    message: TEXT,
    'field?': TEXT,
    'rule?': TEXT,
    'retry_after_ms?': { type: 'integer' },
    ...(data === undefined ? {} : { 'data?': data }),
    'trace?': TEXT,
  });
  return { name: 'reply', title, payload };
}

function serverMessages(): JsonSchema {
  const frames = Object.entries(SERVER_FRAMES).map(([action, { summary, data }]) => {
    const payload = shape({ version: TEXT, action: { const: action }, timestamp: MILLISECONDS, 'topic?': TEXT, data });
    return [key(action), { name: action, title: action, summary, payload }];
  });
  const message = { name: 'message', title: 'A topic message', summary: 'A frame with seq is never control.', payload: shape(ENVELOPE) };
  const overview = {
    name: OVERVIEW_ACTION,
    title: 'How a node does',
    summary: 'A topic message, once a second, for operators: the same as GET /api/v1/ops/overview.',
    payload: shape({ ...ENVELOPE, action: { const: OVERVIEW_ACTION }, topic: { const: OVERVIEW_TOPIC }, data: OVERVIEW_SCHEMA }),
  };
  return { ...Object.fromEntries(frames), message, [key(OVERVIEW_ACTION)]: overview };
}

function messageReferences(): JsonSchema {
  const names = Object.keys({ ...clientMessages(), ...replyMessages(), ...serverMessages() });
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

/** The document speaks for the server: what a client sends is received. */
function receiveOperations(): JsonSchema {
  const operations = [...Object.keys(SOCKET_ACTIONS), 'other'].map((action) => [
    `receive_${key(action)}`,
    {
      action: 'receive',
      channel: CHANNEL,
      messages: [reference(key(action))],
      reply: { channel: CHANNEL, messages: [reference(replyKey(action))] },
    },
  ]);
  return Object.fromEntries(operations) as JsonSchema;
}

function sendOperations(): JsonSchema {
  const operations = [...Object.keys(SERVER_FRAMES), 'message', OVERVIEW_ACTION].map((action) => [
    `send_${key(action)}`,
    { action: 'send', channel: CHANNEL, messages: [reference(key(action))] },
  ]);
  return Object.fromEntries(operations) as JsonSchema;
}

function reference(name: string): JsonSchema {
  return { $ref: `#/channels/socket/messages/${name}` };
}
