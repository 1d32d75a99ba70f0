import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { clientFrame, RawWebSocket, textFrameOf, upgradeRequest } from '../../support/raw-websocket.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { guardian } from '../rig/guardian.js';
import { signal } from '../rig/processes.js';
import { MuteClient } from './mute-client.js';

/** What a hostile client is told of the gateway it goes to. */
export interface Victim {
  readonly port: number;
  /** Of the user whose connection this is, and nobody else's. */
  readonly token: string;
  /** Bytes that wait in the gateway for this user's connection. */
  readonly queuedBytes: () => Promise<number>;
}

/** Ends what is left of an attack. */
type End = () => Promise<void> | void;

/** A client that costs the gateway something, and the close code that it must end with. */
export interface HostileClient {
  readonly name: string;
  readonly code: number;
  /** Resolves when the attack is under way; the gateway has to end it by itself. */
  readonly attack: (victim: Victim) => Promise<End>;
}

/** Settings that let every attack end within seconds. */
export const QUICK_LIMITS = {
  WAYBILL_PING_INTERVAL_MS: '4000',
  WAYBILL_PONG_TIMEOUT_MS: '2000',
  WAYBILL_WRITE_STALL_MS: '3000',
  // Shorter than a pong may take: who is inside a frame cannot answer a ping.
  WAYBILL_FRAME_TIMEOUT_MS: '1000',
  WAYBILL_CLOSE_TIMEOUT_MS: '1000',
} as const;

/** More than kernels and the gateway's queue take together. */
const ASKS = 400;
const ASK_MS = 15;
const SECOND_MS = 1_000;
const CONTINUATION = 0x0;
const TEXT = 0x1;
const PING = 0x9;

export const HOSTILE_CLIENTS: readonly HostileClient[] = [
  { name: 'stops reading and asks on', code: 4408, attack: (victim) => stopReading(victim, () => true) },
  {
    name: 'stops reading and waits',
    code: 4450,
    // From then on no byte moves, and nothing more is asked for.
    attack: (victim) => stopReading(victim, async () => (await victim.queuedBytes()) === 0),
  },
  { name: 'reads a byte a second', code: 4408, attack: readByByte },
  {
    name: 'sends a message in ever more fragments',
    code: 1008,
    attack: (victim) => flood(victim, (first) => clientFrame(first ? TEXT : CONTINUATION, 'x', { fin: false })),
  },
  { name: 'sends pings without end', code: 1008, attack: (victim) => flood(victim, () => clientFrame(PING, 'x')) },
  { name: 'sends a frame byte by byte', code: 1008, attack: sendByByte },
  { name: 'is gone behind a network that drops everything', code: 4409, attack: vanish },
  { name: 'is a process that was stopped', code: 4409, attack: stopProcess },
];

async function stopReading({ port, token }: Victim, asksOn: () => boolean | Promise<boolean>): Promise<End> {
  const mute = await MuteClient.connect(port, token, []);
  for (let asks = 0; asks < ASKS && (await asksOn()); asks += 1) {
    mute.ask();
    await delay(ASK_MS);
  }
  return () => mute.end();
}

/** The socket hands over one byte for each read of the kernel's buffer. */
async function readByByte({ port, token }: Victim): Promise<End> {
  let head = '';
  let isWelcome = false;
  const buffer = Buffer.alloc(1);
  const callback = (_bytes: number, byte: Uint8Array): boolean => {
    if (isWelcome) return false;
    head += Buffer.from(byte).toString('latin1', 0, 1);
    isWelcome = head.includes('"welcome"');
    return !isWelcome;
  };
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer, callback } });
  socket.on('error', () => undefined);
  socket.write(upgradeRequest('/ws', { Authorization: `Bearer ${token}` }));
  while (!isWelcome && !socket.destroyed) await delay(ASK_MS);
  const reading = setInterval(() => socket.resume(), SECOND_MS);
  socket.once('close', () => clearInterval(reading));
  const ask = textFrameOf({ msg_id: 'a', action: 'ping', data: 'x'.repeat(60_000) });
  for (let asks = 0; asks < ASKS && !socket.destroyed; asks += 1) {
    if (socket.writableLength < ask.length) socket.write(ask);
    await delay(ASK_MS);
  }
  return () => void socket.destroy();
}

async function flood({ port, token }: Victim, frame: (first: boolean) => Buffer): Promise<End> {
  const raw = await RawWebSocket.connect(port, token);
  for (let sent = 0; sent < 10_000 && !raw.ended && raw.closeFrame === undefined; sent += 1) {
    raw.send(frame(sent === 0));
    if (sent % 100 === 99) await delay(1);
  }
  return () => void raw.socket.destroy();
}

async function sendByByte({ port, token }: Victim): Promise<End> {
  const raw = await RawWebSocket.connect(port, token);
  const message = textFrameOf({ msg_id: 'slow', action: 'ping', data: 'x'.repeat(1_000) });
  let sent = 0;
  const sending = setInterval(() => {
    if (sent < message.length && !raw.ended) raw.send(message.subarray(sent, (sent += 1)));
  }, SECOND_MS / 4);
  raw.socket.once('close', () => clearInterval(sending));
  return () => void raw.socket.destroy();
}

async function vanish({ port, token }: Victim): Promise<End> {
  const proxy = await TcpProxy.before(`tcp://127.0.0.1:${port}`);
  const raw = await RawWebSocket.connect(proxy.port, token);
  proxy.swallow();
  return async () => {
    raw.socket.destroy();
    await proxy.close();
  };
}

/** A client in a process of its own, whose kernel still acknowledges what comes. */
async function stopProcess({ port, token }: Victim): Promise<End> {
  const program = `
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(process.argv[1], ['waybill.v1'], { headers: { authorization: 'Bearer ' + process.argv[2] } });
    socket.on('message', () => process.stdout.write('reading'));
    socket.on('close', () => process.exit());`;
  const parameters = ['--input-type=module', '--eval', program, `ws://127.0.0.1:${port}/ws`, token];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  const pid = child.pid as number;
  guardian.watch(pid);
  await once(child.stdout, 'data');
  signal(pid, 'SIGSTOP');
  return async () => {
    const ended = once(child, 'exit');
    signal(pid, 'SIGKILL');
    await ended;
  };
}
