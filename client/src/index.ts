export { WaybillClient } from './client.js';
export { mayReconnect } from './close-rule.js';
export type { Clock } from './clock.js';
export type { BackoffOptions } from './backoff.js';
export type { ConnectionState } from './connection.js';
export { type DeviceKey, deviceToken } from './device-token.js';
export { type ClientErrorCode, WaybillError, type WaybillErrorCode, type WaybillErrorDetail } from './errors.js';
export type { ClientEvents, ConnectedInfo, DisconnectedInfo, RetryInfo } from './events.js';
export type { Notice } from './frames.js';
export { CLOSE_CODES, type CloseName, ERROR_CODES, type ErrorCode } from './generated/codes.js';
export type { Delivery, Gap, HistoryPage, Message, Position, PresenceChange, PublishResult, Reset } from './message.js';
export type { OnlineSource } from './online.js';
export type {
  AckMode,
  ClientOptions,
  HistoryRange,
  PresenceAnswer,
  PresenceMember,
  PublishOptions,
  RequestOptions,
  SubscribeOptions,
} from './options.js';
export { callRest, type RestRequest } from './rest.js';
export type { Socket, SocketConstructor } from './socket.js';
export type { SubscribedInfo, Subscription, SubscriptionEvents, SubscriptionState } from './subscription.js';
export type { TicketCallback, TicketOption, TokenCallback, TokenReason } from './token-source.js';
export { VERSION } from './version.js';
