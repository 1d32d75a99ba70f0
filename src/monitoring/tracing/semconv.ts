/**
 * Every name that our spans use, in one place: they are a public interface. The stable ones are those of
 * https://opentelemetry.io/docs/specs/semconv/ (1.45); the messaging ones are still in development there, so they are copied.
 */

export {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
  ATTR_URL_PATH,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';

export const ATTR_SERVICE_INSTANCE_ID = 'service.instance.id';
export const ATTR_HOST_NAME = 'host.name';
export const ATTR_PROCESS_PID = 'process.pid';
export const ATTR_PROCESS_RUNTIME_NAME = 'process.runtime.name';
export const ATTR_PROCESS_RUNTIME_VERSION = 'process.runtime.version';

export const ATTR_MESSAGING_SYSTEM = 'messaging.system';
export const ATTR_MESSAGING_OPERATION_NAME = 'messaging.operation.name';
export const ATTR_MESSAGING_OPERATION_TYPE = 'messaging.operation.type';
/** The namespace, because topic names are of high cardinality. */
export const ATTR_MESSAGING_DESTINATION_TEMPLATE = 'messaging.destination.template';
/** The topic itself: on spans only, never a label. */
export const ATTR_MESSAGING_DESTINATION_NAME = 'messaging.destination.name';
export const ATTR_MESSAGING_MESSAGE_ID = 'messaging.message.id';
export const ATTR_MESSAGING_MESSAGE_BODY_SIZE = 'messaging.message.body.size';
export const ATTR_MESSAGING_BATCH_MESSAGE_COUNT = 'messaging.batch.message_count';

/** Connection id on everything that belongs to a connection: a session is a query, not one endless trace. */
export const ATTR_CONNECTION_ID = 'waybill.connection.id';
/** Short reference of a connection that a person can read out. */
export const ATTR_CONNECTION_REF = 'waybill.connection.ref';
export const ATTR_CONNECTION_DURATION = 'waybill.connection.duration_ms';
export const ATTR_ACTION = 'waybill.action';
/** Code of the error registry that the work ended with. */
export const ATTR_RESULT = 'waybill.result';
export const ATTR_DOOR = 'waybill.door';
export const ATTR_DURABLE = 'waybill.durable';
export const ATTR_DUPLICATE = 'waybill.duplicate';
export const ATTR_EPOCH = 'waybill.epoch';
export const ATTR_SEQ = 'waybill.seq';
export const ATTR_BATCH_BYTES = 'waybill.batch.bytes';
export const ATTR_FANOUT_RECIPIENTS = 'waybill.fanout.recipients';
export const ATTR_FANOUT_WRITTEN = 'waybill.fanout.written';
export const ATTR_FANOUT_QUEUED = 'waybill.fanout.queued';
export const ATTR_FANOUT_DROPPED = 'waybill.fanout.dropped';
/** Of one delivery to one connection under a probe: bytes of its frame, what became of it, and how long it waited for the socket. */
export const ATTR_DELIVERY_BYTES = 'waybill.delivery.bytes';
export const ATTR_DELIVERY_OUTCOME = 'waybill.delivery.outcome';
export const ATTR_DELIVERY_QUEUE_TIME = 'waybill.delivery.queue_ms';
/** Set where a probe watches what the span is about: for collectors that keep a share of the traces. */
export const ATTR_PROBE = 'waybill.probe';
/** Who a connection belongs to: only on spans that a probe asked for. */
export const ATTR_USER = 'waybill.user';
export const ATTR_CLOSE_CODE = 'waybill.close.code';
export const ATTR_CLOSE_REASON = 'waybill.close.reason';
export const ATTR_CLOSE_INITIATOR = 'waybill.close.initiator';

export const MESSAGING_SYSTEM = 'waybill';
