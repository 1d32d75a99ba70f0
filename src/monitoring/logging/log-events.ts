/** A line that says what happened by the name in its field `event`. Names are kept for good, like those of metrics. */
export interface LogEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** When it is written, and what to do about it. */
  readonly when: string;
  /** Its own fields, beside those that every line has. */
  readonly fields: readonly string[];
}

const CONNECTION = ['connection_id', 'ref', 'address', 'user', 'client'] as const;
const DEVICE = ['device', 'by'] as const;
const AUDIT = ['actor', 'action', 'target', 'result', 'address', 'trace_id', 'before', 'after'] as const;

/** Every event of the log. docs/logs.md is generated from it. */
export const LOG_EVENTS: Readonly<Record<string, LogEvent>> = {
  'connection.opened': {
    level: 'info',
    when: 'A connection is authenticated and open; the ids of the trace are those of its handshake.',
    fields: CONNECTION,
  },
  'connection.closed': {
    level: 'info',
    when: 'It ended: who ended it and why, how long it lived, what it moved, and the most that ever waited for it. The ids of the trace are those of its handshake.',
    fields: [
      ...CONNECTION,
      'code',
      'reason',
      'initiator',
      'duration_ms',
      'frames_in',
      'frames_out',
      'bytes_in',
      'bytes_out',
      'max_queued_bytes',
    ],
  },
  refused: {
    level: 'info',
    when: 'Somebody was told no, or was disconnected for what they did; `rule` names the option or the grant. Twenty lines a second at most; the others are counted.',
    fields: ['kind', 'code', 'rule', 'user', 'address', 'client', 'topic', 'ref', 'connection_id', 'trace_id', 'repeated', 'left_out'],
  },
  'message.published': {
    level: 'debug',
    when: 'A message has its position.',
    fields: ['topic', 'msg_id', 'epoch', 'seq', 'duplicate', 'publisher', 'door', 'bytes', 'result', 'duration_ms', 'connection_id', 'ref'],
  },
  'message.refused': {
    level: 'debug',
    when: 'A publish came to nothing; `reason` is what the publisher was told.',
    fields: ['topic', 'msg_id', 'publisher', 'door', 'bytes', 'result', 'reason', 'duration_ms', 'connection_id', 'ref'],
  },
  'message.delivered': {
    level: 'debug',
    when: 'A message was offered to the connections of this node.',
    fields: ['topic', 'msg_id', 'seq', 'recipients', 'written', 'queued', 'dropped', 'not_written', 'latency_ms'],
  },
  'health.changed': {
    level: 'info',
    when: 'A part of the health report has another state; `detail` says what is wrong.',
    fields: ['part', 'state', 'detail'],
  },
  'alarm.active': {
    level: 'warn',
    when: 'Something has been wrong for so long that it is an alarm; the message says what.',
    fields: ['alarm', 'severity', 'since'],
  },
  'alarm.ended': {
    level: 'info',
    when: 'An alarm ended; the message says what was wrong.',
    fields: ['alarm', 'severity', 'since'],
  },
  'canary.failed': {
    level: 'warn',
    when: "The node's message to itself did not come back; `hop` is the first that broke.",
    fields: ['path', 'hop', 'detail'],
  },
  'telemetry.dropped': {
    level: 'warn',
    when: 'Spans were lost: look at the collector.',
    fields: ['signal', 'reason', 'spans', 'err'],
  },
  'probe.ended': { level: 'info', when: 'A probe ended, and why.', fields: ['probe', 'why', 'records', 'skipped'] },
  audit: {
    level: 'info',
    when: 'Something was recorded in the audit trail, with its number and hash.',
    fields: ['id', 'hash', 'at', ...AUDIT],
  },
  'audit.not_recorded': {
    level: 'error',
    when: 'Something was done and could not be recorded: this line is the only witness. Look at the database, and at the effect.',
    fields: ['at', ...AUDIT, 'err'],
  },
  'operator.signed_in': { level: 'info', when: 'An operator signed in.', fields: ['operator', 'address'] },
  'operator.sign_in_failed': {
    level: 'warn',
    when: 'Somebody failed to sign in; many from one address are somebody guessing.',
    fields: ['operator', 'address', 'result'],
  },
  'revocation.applied': {
    level: 'info',
    when: 'A revocation closed connections of this node.',
    fields: ['kind', 'revocation_id', 'closed', 'what'],
  },
  'device.created': { level: 'info', when: 'A device was registered.', fields: DEVICE },
  'device.removed': { level: 'info', when: 'A device was removed.', fields: DEVICE },
  'device.disabled': { level: 'info', when: 'A device was disabled.', fields: DEVICE },
  'device.enabled': { level: 'info', when: 'A device was enabled again.', fields: DEVICE },
  'device.key_created': { level: 'info', when: 'A device has another key.', fields: DEVICE },
  'device.key_removed': { level: 'info', when: 'A device lost a key.', fields: DEVICE },
  'jwks.changed': { level: 'info', when: "The issuer's key set has other keys.", fields: ['keys'] },
  'tls.reloaded': { level: 'info', when: 'A new certificate is in use.', fields: ['expires_at'] },
};
