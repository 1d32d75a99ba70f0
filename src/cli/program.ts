import { Command, Option } from 'commander';
import { addAccountingCommand } from './accounting.command.js';
import { addAlarmsCommands } from './alarms.command.js';
import { addAuditCommand } from './audit.command.js';
import { addBenchCommand } from './bench.command.js';
import { addBlockCommands } from './block.command.js';
import { addConnectionCommand } from './connection.command.js';
import { addCanaryCommand } from './canary.command.js';
import { addConnectionsCommand } from './connections.command.js';
import type { CommandContext } from './command-context.js';
import { defaultUrl } from './default-url.js';
import { addDevicesCommand } from './devices.command.js';
import { addDiagnoseCommand } from './diagnose.command.js';
import { addDisconnectCommands } from './disconnect.command.js';
import { addDoctorCommand } from './doctor.command.js';
import { addDrainCommand } from './drain.command.js';
import { addEraseCommand } from './erase.command.js';
import { EXIT_CODES_HELP } from './exit-codes.js';
import { type GlobalOptions, RemoteGateway } from './gateway.js';
import { addHistoryCommand } from './history.command.js';
import { addKeysCommand } from './keys.command.js';
import { addLogCommand } from './log.command.js';
import { addMessageCommand } from './message.command.js';
import { addMessagesCommand } from './messages.command.js';
import { addNodesCommand } from './nodes.command.js';
import { addOperatorsCommand } from './operators.command.js';
import { addProbesCommand } from './probe.command.js';
import { addPubCommand } from './pub.command.js';
import { addRecipientsCommand } from './recipients.command.js';
import { addRefusalsCommand } from './refusals.command.js';
import { addRevokeCommands } from './revoke.command.js';
import { addServeCommand } from './serve.command.js';
import { addSettingsCommand } from './settings.command.js';
import { addSlowCommand } from './slow.command.js';
import { addStatusCommand } from './status.command.js';
import { addSubCommand } from './sub.command.js';
import { addTailCommand } from './tail.command.js';
import type { Terminal } from './terminal.js';
import { addTopicCommand } from './topic.command.js';
import { addTopCommand } from './top.command.js';
import { addTraceCommands } from './traces.command.js';
import { addTokenCommand } from './token.command.js';
import { trustAuthorities } from './trusted-authorities.js';
import { addWhyCommand } from './why.command.js';

export interface ProgramSurroundings {
  readonly terminal: Terminal;
  readonly stdin: NodeJS.ReadableStream;
  readonly interrupted: AbortSignal;
}

/** The command line. Commands reject with what went wrong; `main` turns that into a sentence and an exit code. */
export function createProgram(surroundings: ProgramSurroundings): Command {
  const program = new Command('waybill')
    .description('A realtime messaging gateway that can account for every message.')
    .option('--url <address>', 'the gateway; the default follows WAYBILL_PORT', defaultUrl())
    .addOption(
      new Option('--api-key <key>', 'API key; default: the one that a gateway started here keeps in its data directory').env(
        'WAYBILL_API_KEY',
      ),
    )
    .addOption(new Option('--data-dir <path>', "the gateway's data directory").env('WAYBILL_DATA_DIR').default('.waybill'))
    .option('--ca <file>', 'PEM file with an authority to trust for https, beside those of the system')
    .option('--json', 'print results as JSON, one line each')
    .addHelpText('after', EXIT_CODES_HELP)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for the options and examples)')
    .configureOutput({
      writeOut: (text) => surroundings.terminal.help(text),
      writeErr: (text) => surroundings.terminal.say(text.trimEnd()),
    })
    .exitOverride()
    .hook('preAction', (command) => {
      const { ca } = command.opts<GlobalOptions>();
      if (ca !== undefined) trustAuthorities(ca);
    });
  const context: CommandContext = {
    ...surroundings,
    gateway: () => new RemoteGateway(program.opts<GlobalOptions>(), (line) => surroundings.terminal.say(line)),
    wantsJson: () => program.opts<GlobalOptions>().json === true,
  };
  addServeCommand(program);
  addTokenCommand(program, context);
  addRevokeCommands(program, context);
  addBlockCommands(program, context);
  addPubCommand(program, context);
  addSubCommand(program, context);
  addMessageCommand(program, context);
  addMessagesCommand(program, context);
  addWhyCommand(program, context);
  addRecipientsCommand(program, context);
  addConnectionsCommand(program, context);
  addConnectionCommand(program, context);
  addDevicesCommand(program, context);
  addSlowCommand(program, context);
  addTopCommand(program, context);
  addTopicCommand(program, context);
  addStatusCommand(program, context);
  addAccountingCommand(program, context);
  addDisconnectCommands(program, context);
  addAlarmsCommands(program, context);
  addNodesCommand(program, context);
  addDrainCommand(program, context);
  addHistoryCommand(program, context);
  addCanaryCommand(program, context);
  addRefusalsCommand(program, context);
  addTraceCommands(program, context);
  addTailCommand(program, context);
  addProbesCommand(program, context);
  addSettingsCommand(program, context);
  addAuditCommand(program, context);
  addKeysCommand(program, context);
  addOperatorsCommand(program, context);
  addLogCommand(program, context);
  addDoctorCommand(program, context);
  addEraseCommand(program, context);
  addDiagnoseCommand(program, context);
  addBenchCommand(program, context);
  return program;
}
