/** A Dockerfile as its instructions, so far as ours uses them. */

export interface Instruction {
  readonly word: string;
  /** What stands behind it, continued lines joined. */
  readonly text: string;
}

/** One `FROM … [AS name]` and what follows it. */
export interface Stage {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** The instructions in order; comments and empty lines are left out. */
export function instructionsOf(dockerfile: string): readonly Instruction[] {
  const lines = dockerfile
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', text = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { word, text: text.trim() };
    });
}

/** The stages; the last one has no name and makes the image. */
export function stagesOf(dockerfile: string): readonly Stage[] {
  const stages: { name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsOf(dockerfile)) {
    if (instruction.word === 'FROM') stages.push({ name: / AS (\w+)$/.exec(instruction.text)?.[1] ?? '', instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

/** Sources and target of a COPY, and the stage they come from; undefined: the folder the image is built from. */
export interface Copy {
  readonly from: string | undefined;
  readonly sources: readonly string[];
  readonly target: string;
}

export function copyOf({ text }: Instruction): Copy {
  const words = text.split(/\s+/);
  const from = words[0]?.startsWith('--from=') === true ? words.shift()?.slice('--from='.length) : undefined;
  return { from, sources: words.slice(0, -1), target: words.at(-1) ?? '' };
}
