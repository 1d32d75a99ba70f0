import { WaybillError } from '@waybill/client';
import { certificateProblem } from './trusted-authorities.js';

/** Where a command writes: results to standard output, everything said about them to standard error. */
export class Terminal {
  constructor(
    private readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean },
    private readonly stderr: { write(text: string): unknown },
  ) {}

  /** Whether a person sees what is printed as it comes. */
  get isInteractive(): boolean {
    return this.stdout.isTTY === true;
  }

  /** One line of result. */
  result(line: string): void {
    this.stdout.write(`${line}\n`);
  }

  /** One result as one line of JSON. */
  json(value: unknown): void {
    this.result(JSON.stringify(value));
  }

  /** Help that was asked for. */
  help(text: string): void {
    this.stdout.write(text);
  }

  /** A remark to the person at the terminal. */
  say(line: string): void {
    this.stderr.write(`${printable(line)}\n`);
  }

  failed(thrown: unknown): void {
    this.say(`waybill: ${describe(thrown)}`);
  }
}

/** Text from outside with control characters made visible: a message must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, (character) =>
    character === '\n' ? '\n' : `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`,
  );
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof WaybillError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const certificate = certificateProblem(thrown);
  if (certificate !== undefined)
    return `${thrown.message} (${certificate}). Its certificate is not trusted here: name its authority with --ca <file>`;
  if (thrown.code === 'UNREACHABLE') return `${thrown.message}. Is the gateway running? Start one with: waybill serve`;
  const trace = thrown.traceId === undefined ? '' : ` (trace ${thrown.traceId})`;
  return `${thrown.code}: ${thrown.message}${trace}`;
}
