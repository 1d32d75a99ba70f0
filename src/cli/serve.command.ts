import type { Command } from 'commander';

export function addServeCommand(program: Command): void {
  program
    .command('serve')
    .description('Start a gateway in this terminal')
    .addHelpText(
      'after',
      `
Settings come from the environment and from waybill.yaml in the working directory; docs/config.md lists them all.
It ends with 0 when it was told to stop, with 78 where a setting is wrong, and with 1 where it cannot start for another reason.

Examples:
  waybill serve
  WAYBILL_PORT=9000 DATABASE_URL=postgres://app:secret@127.0.0.1/app waybill serve`,
    )
    .action(async () => {
      // Tracing patches modules as they load, so it must stand before the program's first import.
      await import(new URL('../telemetry.js', import.meta.url).href);
      await import(new URL('../main.js', import.meta.url).href);
    });
}
