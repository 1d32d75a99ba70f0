import { bytes, count, duration } from '../../ui/format.ts';
import type { ProbeEvent } from './probe.ts';

/** What an event says, in the words of docs/probes.md. */
const SENTENCES: Readonly<Record<string, (event: ProbeEvent) => string>> = {
  started: (event) =>
    event['open_connections'] === undefined ? 'Watching' : `Watching; open connections now: ${said(event['open_connections'])}`,
  connected: (event) => `Connected from ${said(event['address'])}${also(' with ', event['client'])}`,
  closed: (event) =>
    `Closed by the ${said(event['initiator'])}: ${said(event['code'])} ${said(event['reason'])}, after ${duration(Number(event['duration_ms']))}`,
  refused: (event) => `Refused to ${said(event['what'])}: ${said(event['message'])} (${said(event['code'])})`,
  command: (event) => `${said(event['action'])}: ${said(event['result'])}, in ${duration(Number(event['duration_ms']))}`,
  published: published,
  subscribed: (event) => `Subscribed to ${said(event.topic)} at #${said(event['head'])}${recovery(event)}`,
  unsubscribed: (event) => `Left ${said(event.topic)}`,
  acked: (event) => `Acknowledged ${said(event.topic)} up to #${said(event.seq)}`,
  delivery: (event) =>
    `${place(event)} ${RESULTS[said(event['result'])] ?? said(event['result'])}${event['recovered'] === true ? ', from history' : ''}`,
  settled: (event) =>
    `${place(event)} ${RESULTS[said(event['outcome'])] ?? said(event['outcome'])}${event['waited_ms'] === undefined ? '' : ` after ${duration(Number(event['waited_ms']))}`}`,
  fan_out: (event) => `${place(event)} handed to ${count(Number(event['recipients'] ?? 0))}: ${shares(event)}`,
  slow: (event) => `Slow: ${bytes(Number(event['queued_bytes']))} wait`,
  caught_up: () => 'Caught up: nothing waits any more',
  gap: (event) => `Told of gaps: ${said(event['gaps'])}`,
  skipped: (event) => `${said(event['events'])} events came too fast and were only counted`,
  ended: (event) => `The probe ended: ${said(event['message'])}`,
};

const RESULTS: Readonly<Record<string, string>> = {
  written: 'written to the socket',
  queued: 'waits: the socket is behind',
  dropped: 'dropped by the slow policy',
  overflow: 'not written: the queue was full, and the connection is closed',
  closed: 'not written: the connection had ended',
  not_written: 'not written: the connection ended first',
  unconfirmed: 'given to the socket, which ended before it took all',
};

export function eventWords(event: ProbeEvent): string {
  return SENTENCES[event.kind]?.(event) ?? event.kind.replaceAll('_', ' ');
}

/** Whether every word that was typed stands somewhere in the event. */
export function fits(event: ProbeEvent, filter: string): boolean {
  const text = `${event.kind} ${event.user ?? ''} ${event.ref ?? ''} ${eventWords(event)}`.toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function published(event: ProbeEvent): string {
  const to = `Published to ${said(event.topic)} by ${said(event['door'])}`;
  if (event['result'] !== 'OK') return `${to}: ${said(event['result'])}, ${said(event['message'])}`;
  return `${to}: ${event['duplicate'] === true ? 'a repeat of' : 'stored as'} #${said(event.seq)}`;
}

const SHARES = ['written', 'queued', 'dropped', 'not_written'] as const;

function shares(event: ProbeEvent): string {
  const present = SHARES.filter((name) => Number(event[name] ?? 0) > 0);
  return present.map((name) => `${count(Number(event[name]))} ${name.replace('_', ' ')}`).join(', ') || 'nobody';
}

function recovery(event: ProbeEvent): string {
  if (event['recovered'] === undefined) return '';
  return event['recovered'] === true ? `, with ${said(event['missed'])} missed messages` : ', what was missed could not be recovered';
}

function place(event: ProbeEvent): string {
  return event.topic === undefined ? `${said(event['messages'])} messages` : `${event.topic} #${said(event.seq)}`;
}

function also(before: string, value: unknown): string {
  return value === undefined ? '' : `${before}${said(value)}`;
}

function said(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
