import { setTimeout as delay } from 'node:timers/promises';
import { WaybillError } from '@waybill/client';
import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from './command-context.js';
import { eventsOf } from './event-lines.js';
import { UsageError } from './exit-codes.js';
import type { RemoteGateway } from './gateway.js';
import { lineOf, type ProbeEvent } from './probe-lines.js';

interface TailOptions {
  readonly user?: string;
  readonly topic?: string;
  readonly connection?: string;
  readonly minutes?: number;
  readonly payload?: boolean;
  readonly note?: string;
}

/** What is needed of the answer to `POST ops/probes`. */
interface StartedProbe {
  readonly id: string;
  readonly ends_at: number;
}

const RETRY_MS = 500;
/** How long a gateway may be away before the command gives up. */
const PATIENCE_MS = 30_000;

export function addTailCommand(program: Command, context: CommandContext): void {
  program
    .command('tail')
    .description('Watch a user, a topic or a connection for some minutes, live, with the API key')
    .option('-u, --user <id>', 'everything of this user, who need not be connected yet')
    .option('-t, --topic <name>', 'everything of this topic; with * at the end, of all that begin so')
    .option('-c, --connection <id>', 'everything of this open connection, by its id or support ref')
    .option('--minutes <number>', 'how long; the gateway says what it is if you do not', minutesOf)
    .option('--payload', 'show payloads too; needs the scope admin, and is recorded in the audit trail')
    .option('--note <text>', 'why, for the list and the audit trail')
    .addHelpText(
      'after',
      `
The probe ends with this command (Ctrl-C) or with its time. What it named is traced in full meanwhile: see "waybill tail --json" for trace ids.

Examples:
  waybill tail --user alice
  waybill tail --topic 'orders.*' --minutes 2 --json
  waybill tail --connection 7K3M-Q2ZD`,
    )
    .action((options: TailOptions) => tail(context, options));
}

async function tail(context: CommandContext, { minutes, ...options }: TailOptions): Promise<void> {
  if ([options.user, options.topic, options.connection].filter((target) => target !== undefined).length !== 1)
    throw new UsageError('Name one thing to watch: --user, --topic or --connection.');
  const gateway = context.gateway();
  const body = { ...options, ...(minutes === undefined ? {} : { minutes }) };
  const probe = (await gateway.call({ method: 'POST', path: 'ops/probes', body })) as StartedProbe;
  context.terminal.say(`Probe ${probe.id} runs until ${new Date(probe.ends_at).toISOString()}; Ctrl-C ends it.`);
  let hasEnded = false;
  try {
    hasEnded = await follow(context, gateway, probe.id);
  } finally {
    if (!hasEnded) await end(context, gateway, probe.id);
  }
}

/** Prints events until the probe ends (true) or the person at the terminal has seen enough (false). */
async function follow(context: CommandContext, gateway: RemoteGateway, id: string): Promise<boolean> {
  let after = 0;
  let patientUntil = Date.now() + PATIENCE_MS;
  while (!context.interrupted.aborted) {
    try {
      const body = await gateway.stream(`ops/probes/${id}/events?after=${after}`, context.interrupted);
      patientUntil = Date.now() + PATIENCE_MS;
      for await (const { event, data } of eventsOf(body)) {
        if (event === 'reopen') break;
        if (event === 'missed') {
          context.terminal.say(`${(JSON.parse(data) as { events: number }).events} events were missed: this terminal was too slow.`);
          continue;
        }
        const seen = JSON.parse(data) as ProbeEvent;
        after = seen.n;
        context.terminal.result(context.wantsJson() ? data : lineOf(seen));
        if (event === 'ended') return true;
      }
    } catch (thrown) {
      if (context.interrupted.aborted) return false;
      if (thrown instanceof WaybillError && thrown.code === 'NOT_FOUND') {
        context.terminal.say('The probe is gone: the node was restarted.');
        throw thrown;
      }
      if (Date.now() > patientUntil || (thrown instanceof WaybillError && thrown.code !== 'UNREACHABLE')) throw thrown;
      await delay(RETRY_MS);
    }
  }
  return false;
}

/** The probe would end by itself; what goes wrong here is told and nothing more. */
async function end(context: CommandContext, gateway: RemoteGateway, id: string): Promise<void> {
  try {
    await gateway.call({ method: 'DELETE', path: `ops/probes/${id}` });
    context.terminal.say(`Probe ${id} was ended.`);
  } catch (thrown) {
    context.terminal.say(
      `Probe ${id} could not be ended, and ends with its time: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
    );
  }
}

function minutesOf(value: string): number {
  const minutes = Number(value);
  if (!Number.isFinite(minutes) || minutes <= 0) throw new InvalidArgumentError('It must be a number of minutes, such as 5.');
  return minutes;
}
