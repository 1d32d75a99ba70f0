import { text } from 'node:stream/consumers';

/** The payload as JSON where it is JSON, else as a text; `-` reads standard input. */
export async function payloadOf(argument: string, stdin: NodeJS.ReadableStream): Promise<unknown> {
  const source = argument === '-' ? (await text(stdin)).replace(/\r?\n$/, '') : argument;
  try {
    return JSON.parse(source) as unknown;
  } catch {
    return source;
  }
}
