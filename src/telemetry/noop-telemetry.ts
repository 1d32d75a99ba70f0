import { Telemetry, UNTRACED } from './telemetry.js';

/** Ignores everything; the default where nothing is watched. */
export class NoopTelemetry extends Telemetry {
  override handshake = () => UNTRACED;
  override handshakeRefused = () => undefined;
  override connectionOpened = () => undefined;
  override connectionClosed = () => undefined;
  override strangerUnrecorded = () => undefined;
  override authenticated = () => undefined;
  override cacheRequest = () => undefined;
  override jwksFetched = () => undefined;
  override revokedRefused = () => undefined;
  override deviceAnswered = () => undefined;
  override signIn = () => undefined;
  override operatorAction = () => undefined;
  override command = () => UNTRACED;
  override request = () => UNTRACED;
  override received = () => undefined;
  override sent = () => undefined;
  override publish = () => UNTRACED;
  override publishedBySql = () => undefined;
  override append = () => UNTRACED;
  override busSend = () => UNTRACED;
  override deliver = () => UNTRACED;
  override queuedOutcome = () => undefined;
  override acknowledged = () => undefined;
  override dropped = () => undefined;
  override gap = () => undefined;
  override subscribed = () => undefined;
  override unsubscribed = () => undefined;
  override recovered = () => undefined;
  override sessionResumed = () => undefined;
  override rateLimited = () => undefined;
  override refused = () => undefined;
  override pong = () => undefined;
  override busMessage = () => undefined;
  override busRoundTrip = () => undefined;
  override busError = () => undefined;
  override databaseOperation = () => undefined;
  override databasePoolWait = () => undefined;
  override ledgerRecorded = () => undefined;
  override ledgerDropped = () => undefined;
  override certificateLoaded = () => undefined;
  override certificateReload = () => undefined;
  override tlsRefused = () => undefined;
}
