import { printable } from './terminal.js';

/** An event of a probe as `GET ops/probes/{id}/events` answers it. */
export type ProbeEvent = Readonly<Record<string, unknown>> & {
  readonly n: number;
  readonly at: number;
  readonly kind: string;
};

interface Recipient {
  readonly ref?: string;
  readonly user: string;
  readonly result?: string;
}

/** Recipients named on one line; the others are in `--json`. */
const NAMED_RECIPIENTS = 5;

/** What an event says, in the words of docs/probes.md. */
const SENTENCES: Readonly<Record<string, (event: ProbeEvent) => string>> = {
  started: (event) =>
    event['open_connections'] === undefined ? 'watching' : `watching; open connections now: ${said(event['open_connections'])}`,
  connected: (event) => `connected from ${said(event['address'])}${also(' with ', event['client'])}`,
  closed: (event) =>
    `closed by the ${said(event['initiator'])}: ${said(event['code'])} ${said(event['reason'])}, after ${seconds(event['duration_ms'])}`,
  refused: (event) => `was refused (${said(event['what'])}): ${said(event['code'])}, ${said(event['message'])}`,
  command: (event) => `${said(event['action'])}: ${said(event['result'])} in ${said(event['duration_ms'])} ms`,
  published: (event) =>
    `published to ${said(event['topic'])} by ${said(event['door'])}: ${
      event['result'] === 'OK'
        ? `${event['duplicate'] === true ? 'a repeat of' : 'stored as'} ${said(event['epoch'])}:${said(event['seq'])}`
        : `${said(event['result'])}, ${said(event['message'])}`
    }`,
  subscribed: (event) => `subscribed to ${said(event['topic'])} at ${said(event['head'])}${recovery(event)}`,
  unsubscribed: (event) => `left ${said(event['topic'])}`,
  acked: (event) => `acknowledged ${said(event['topic'])} up to ${said(event['seq'])}`,
  delivery: (event) =>
    `${place(event)}: ${RESULTS[said(event['result'])] ?? said(event['result'])}${event['recovered'] === true ? ', from history' : ''}`,
  settled: (event) => `${place(event)}: ${OUTCOMES[said(event['outcome'])] ?? said(event['outcome'])}${waited(event['waited_ms'])}`,
  fan_out: (event) =>
    `${place(event)} handed to ${said(event['recipients'])}: ${said(event['written'])} written, ${said(event['queued'])} queued, ${said(event['dropped'])} dropped, ${said(event['not_written'])} not written${recipients(event)}`,
  slow: (event) => `is slow: ${said(event['queued_bytes'])} bytes wait`,
  caught_up: () => 'has caught up: nothing waits any more',
  gap: (event) => `was told of gaps: ${said(event['gaps'])}`,
  skipped: (event) => `${said(event['events'])} events came too fast and were only counted`,
  ended: (event) => `the probe ended: ${said(event['message'])}`,
};

const RESULTS: Readonly<Record<string, string>> = {
  written: 'written to the socket',
  queued: 'waits, the socket is behind',
  dropped: 'dropped by the slow policy',
  overflow: 'not written: the queue was full, and the connection is closed',
  closed: 'not written: the connection had ended',
};
const OUTCOMES: Readonly<Record<string, string>> = {
  written: 'written to the socket',
  dropped: 'dropped by the slow policy',
  not_written: 'not written: the connection ended first',
  unconfirmed: 'given to the socket, which ended before it took all',
};

/** One event as one line. */
export function lineOf(event: ProbeEvent): string {
  const sentence = SENTENCES[event.kind]?.(event) ?? event.kind;
  const who = [event['user'], event['ref']].filter((part) => part !== undefined).map(said);
  const payload = event['payload'] === undefined ? '' : ` ${said(event['payload'])}${event['payload_cut'] === true ? ' …' : ''}`;
  const line = `${new Date(event.at).toISOString().slice(11, 23)}  ${who.length === 0 ? '' : `${who.join(' ')}  `}${sentence}${payload}`;
  return printable(line).replaceAll('\n', ' ');
}

function place(event: ProbeEvent): string {
  if (event['topic'] === undefined) return `${said(event['messages'])} messages`;
  return `${said(event['topic'])} ${said(event['epoch'])}:${said(event['seq'])}`;
}

function recovery(event: ProbeEvent): string {
  if (event['recovered'] === undefined) return '';
  return event['recovered'] === true ? `, with ${said(event['missed'])} missed messages` : ', what was missed could not be recovered';
}

function recipients(event: ProbeEvent): string {
  const all = (event['first_recipients'] as readonly Recipient[] | undefined) ?? [];
  if (all.length === 0) return '';
  const named = all.slice(0, NAMED_RECIPIENTS).map(({ user, ref, result }) => `${user}${also(' ', ref)} ${result ?? 'unknown'}`);
  const more = Number(event['recipients'] ?? 0) - named.length;
  return ` (${named.join(', ')}${more > 0 ? `, and ${more} more` : ''})`;
}

function waited(milliseconds: unknown): string {
  return milliseconds === undefined ? '' : ` after ${said(milliseconds)} ms`;
}

function also(before: string, value: unknown): string {
  return value === undefined ? '' : `${before}${said(value)}`;
}

function seconds(milliseconds: unknown): string {
  return `${(Number(milliseconds) / 1_000).toFixed(1)} s`;
}

function said(value: unknown): string {
  if (value === undefined) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
