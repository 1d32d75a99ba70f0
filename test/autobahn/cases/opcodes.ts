import { type AutobahnCase, FAILED, textEvent } from '../case.js';
import { chopped, ping, reserved, text, together } from '../frames.js';

const HELLO = 'Hello, world!';

/** 4: the opcodes that nobody has given a meaning: 3 to 7 of data, 11 to 15 of control. */
export const OPCODES: readonly AutobahnCase[] = [...five('4.1', 3), ...five('4.2', 11)];

function five(group: string, first: number): readonly AutobahnCase[] {
  const afterEcho = { expected: [textEvent(HELLO)], lenient: [], end: FAILED } as const;
  const opcode = (offset: number): string => `opcode ${first + offset}`;
  return [
    { id: `${group}.1`, input: opcode(0), steps: together(reserved(first)), expected: [], end: FAILED },
    {
      id: `${group}.2`,
      input: `${opcode(1)} with payload`,
      steps: together(reserved(first + 1, 'reserved opcode payload')),
      expected: [],
      end: FAILED,
    },
    { id: `${group}.3`, input: `a text, ${opcode(2)}, a ping`, steps: together(text(HELLO), reserved(first + 2), ping()), ...afterEcho },
    {
      id: `${group}.4`,
      input: `a text, ${opcode(3)} with payload, a ping`,
      steps: together(text(HELLO), reserved(first + 3, HELLO), ping()),
      ...afterEcho,
    },
    {
      id: `${group}.5`,
      input: `a text, ${opcode(4)} with payload, a ping, byte by byte`,
      steps: chopped(1, text(HELLO), reserved(first + 4, HELLO), ping()),
      ...afterEcho,
    },
  ];
}
