import { CommanderError } from 'commander';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { createProgram, type ProgramSurroundings } from './program.js';

/** Runs one command line (without the program's own name) and answers the exit code. */
export async function run(argv: readonly string[], surroundings: ProgramSurroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(argv, { from: 'user' });
    return EXIT.ok;
  } catch (thrown) {
    // Commander has printed its own sentence already; help and version that were asked for are no mistakes.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    surroundings.terminal.failed(thrown);
    return exitCodeOf(thrown);
  }
}
