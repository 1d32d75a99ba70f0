import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { findings } from './diagnosis.js';
import { FailedChecks } from './exit-codes.js';
import type { Finding } from './finding.js';

export function addDoctorCommand(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('Look for what is wrong with this installation, and say so in sentences')
    .addHelpText(
      'after',
      `
Checks, in this order, Node, the settings here, what this machine can hold where the gateway is on it (open files, the backlog of
connections, ports, connection tracking, memory), the connections that the database of DATABASE_URL (where it is set here) grants,
the API key, that the gateway answers, and that a message published over one socket arrives at it. What needs an earlier check
that failed is left out. It publishes one message to a topic of its own (doctor.<random>) and deletes that topic.

Examples:
  waybill doctor
  waybill doctor --url https://push.example.com --json`,
    )
    .action(async () => {
      const found: Finding[] = [];
      for await (const finding of findings(context.gateway())) {
        found.push(finding);
        if (!context.wantsJson()) context.terminal.result(`${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.check}: ${finding.sentence}`);
      }
      if (context.wantsJson()) context.terminal.json({ ok: found.every(({ ok }) => ok), checks: found });
      const failed = found.filter(({ ok }) => !ok);
      if (failed.length > 0)
        throw new FailedChecks(
          failed.length,
          failed.some(({ unreachable }) => unreachable === true),
        );
    });
}
