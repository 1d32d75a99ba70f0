import { randomBytes } from 'node:crypto';
import { MeasuredWindow, type WindowResult } from '../rig/measured-window.ts';
import { work } from '../rig/worker.ts';
import { requireEcho } from './acknowledgement.ts';
import { CommandSocket } from './command-socket.ts';
import { PreparedCommand } from './prepared-publish.ts';

const POLL_MS = 5;

export interface CommandJob {
  readonly host: string;
  readonly port: number;
  /** One socket for each; undefined: one without a token. */
  readonly tokens: readonly (string | undefined)[];
  /** Pings that each socket keeps under way. */
  readonly inFlight: number;
  /** The JSON text of the fields of a ping's data, which have to come back. */
  readonly fieldsText: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

await work((job) => command(job as CommandJob));

async function command(job: CommandJob): Promise<WindowResult> {
  const window = new MeasuredWindow();
  let goOn = true;
  const sockets = job.tokens.map((token) => open(job, token, () => goOn, window));
  const failed = Promise.race(sockets.map((socket) => socket.failed));
  await Promise.all(sockets.map((socket) => socket.opened));
  for (const socket of sockets) for (let sent = 0; sent < job.inFlight; sent += 1) socket.send(performance.now());
  const result = await Promise.race([window.run(job.warmUpSeconds, job.seconds), failed]);
  goOn = false;
  await Promise.race([untilAllAnswered(sockets), failed]);
  for (const socket of sockets) socket.end();
  return result();
}

function open(job: CommandJob, token: string | undefined, goesOn: () => boolean, window: MeasuredWindow): CommandSocket {
  const idPrefix = `${randomBytes(12).toString('hex')}-`;
  const fields = `"action":"ping","data":{${job.fieldsText}}`;
  const commands = Array.from({ length: job.inFlight }, () => new PreparedCommand(idPrefix, fields));
  const check = (text: string, msgId: string): void => requireEcho(text, msgId, job.fieldsText);
  const socket: CommandSocket = new CommandSocket({ host: job.host, port: job.port, token, commands, check }, (dueAt) => {
    const now = performance.now();
    window.ended(1, now - dueAt);
    if (goesOn()) socket.send(now);
  });
  return socket;
}

/** Polled: this is after the window, and the hot path pays nothing for it. */
async function untilAllAnswered(sockets: readonly CommandSocket[]): Promise<void> {
  while (sockets.some((socket) => socket.inFlight > 0)) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
