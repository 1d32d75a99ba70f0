import { createHash } from 'node:crypto';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { RawWebSocket } from '../support/raw-websocket.js';
import { type AutobahnCase, type CaseEvent, type End, NORMAL, NO_CODE } from './case.js';
import { ECHO_CLIENT } from './echo.js';
import { close, closePayload } from './frames.js';

/** The words of Autobahn's own reports. */
export type Verdict = 'OK' | 'NON-STRICT' | 'INFORMATIONAL' | 'FAILED' | 'WRONG CODE' | 'UNCLEAN';

export interface CaseResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** What differed; empty where nothing did. */
  readonly detail: string;
  readonly ms: number;
}

const LIMIT_MS = 5_000;
/** Long enough for a peer that judges a part of a message to have said so. */
const PAUSE_MS = 250;
const KINDS: Readonly<Record<number, 'text' | 'binary' | 'ping' | 'pong'>> = { 1: 'text', 2: 'binary', 9: 'ping', 10: 'pong' };
const CLOSE = 8;
const SILENCE = Symbol('silence');

/** One case on one connection. */
export async function runCase(port: number, token: string, test: AutobahnCase): Promise<CaseResult> {
  const started = performance.now();
  const raw = await RawWebSocket.connect(port, token, `/ws?client=${ECHO_CLIENT}`);
  const session = new Session(raw, test);
  const expired = wait(test.limitMs ?? LIMIT_MS, SILENCE, { ref: false });
  const outcome = await Promise.race([session.run(), expired]);
  const { verdict, detail } = session.judge(outcome === SILENCE);
  raw.socket.destroy();
  return { id: test.id, verdict, detail, ms: performance.now() - started };
}

class Session {
  private readonly marks: { readonly after: number; readonly name: string }[] = [];
  /** Frames that came before the case began: the welcome. */
  private readonly before: number;

  constructor(
    private readonly raw: RawWebSocket,
    private readonly test: AutobahnCase,
  ) {
    this.before = raw.frames.length;
  }

  async run(): Promise<void> {
    const { raw, test } = this;
    for (const step of test.steps) {
      if (this.closed !== undefined || raw.ended) break;
      if (Buffer.isBuffer(step)) {
        raw.send(step);
        await turn();
      } else if ('pause' in step) await this.pause(step.pause);
      else await this.untilEvents(step.untilEvents);
    }
    if (test.end.by === 'us') {
      await this.untilEvents(test.expected.length);
      raw.send(close(closePayload(NORMAL)));
    }
    while (this.closed === undefined && !raw.ended) await this.change();
    // The peer failed the connection: our half of the closing handshake, which it waits for.
    if (test.end.by === 'peer' && !raw.ended) raw.send(close(this.closed));
    await raw.untilEnd();
  }

  judge(silent: boolean): { readonly verdict: Verdict; readonly detail: string } {
    const { end, expected, lenient, informational = false } = this.test;
    const { events } = this;
    const shown = show(events);
    const matched = shown === show(expected) ? 'OK' : lenient !== undefined && shown === show(lenient) ? 'NON-STRICT' : undefined;
    const wrongEnd = silent ? ({ verdict: 'FAILED', detail: 'the connection did not end in time' } as const) : this.wrongEnd(end);
    if (informational && !silent)
      return { verdict: 'INFORMATIONAL', detail: `${matched ?? 'other events'}; ${wrongEnd?.detail ?? `code ${this.code}`}` };
    if (matched === undefined) return { verdict: 'FAILED', detail: `expected ${show(expected)}, got ${shown}` };
    return wrongEnd ?? { verdict: matched, detail: '' };
  }

  private wrongEnd(end: End): { readonly verdict: Verdict; readonly detail: string } | undefined {
    const codes = end.by === 'us' ? [NORMAL] : end.codes;
    const { code } = this;
    if (code === undefined) {
      const clean = end.by === 'us' || (end.by === 'steps' && end.clean);
      return { verdict: clean ? 'UNCLEAN' : 'FAILED', detail: 'the TCP connection ended without a close frame' };
    }
    if (!codes.includes(code)) return { verdict: 'WRONG CODE', detail: `expected ${codes.join(' or ')}, got ${code}` };
    const frames = this.frames;
    return frames.at(-1)?.opcode === CLOSE ? undefined : { verdict: 'FAILED', detail: 'frames followed the close frame' };
  }

  private get frames(): readonly RawWebSocket['frames'][number][] {
    return this.raw.frames.slice(this.before);
  }

  private get closed(): Buffer | undefined {
    return this.raw.frames.find(({ opcode }) => opcode === CLOSE)?.payload;
  }

  private get code(): number | undefined {
    const payload = this.closed;
    if (payload === undefined) return undefined;
    return payload.length === 0 ? NO_CODE : payload.readUInt16BE(0);
  }

  /** What came, without the gateway's own last words, which stand directly before its close frame and nowhere else. */
  private get events(): readonly CaseEvent[] {
    const frames = this.frames;
    const end = frames.findIndex(({ opcode }) => opcode === CLOSE);
    const events = frames.map(({ opcode, payload }, index): CaseEvent | undefined => {
      if (opcode === CLOSE || (index === end - 1 && isLastWord(payload))) return undefined;
      return { kind: KINDS[opcode] ?? 'binary', payload };
    });
    const merged = events.flatMap((event, index) => [
      ...this.marks.filter(({ after }) => after === index).map(({ name }) => ({ kind: 'mark', name }) as const),
      ...(event === undefined ? [] : [event]),
    ]);
    const late = this.marks.filter(({ after }) => after >= frames.length).map(({ name }) => ({ kind: 'mark', name }) as const);
    return [...merged, ...late];
  }

  private async pause(name: string): Promise<void> {
    const until = performance.now() + PAUSE_MS;
    while (performance.now() < until && !this.raw.ended && this.closed === undefined) await wait(10);
    if (!this.raw.ended && this.closed === undefined) this.marks.push({ after: this.frames.length, name });
  }

  private async untilEvents(count: number): Promise<void> {
    while (this.frames.length < count && this.closed === undefined && !this.raw.ended) await this.change();
  }

  private async change(): Promise<void> {
    const { length } = this.raw.frames;
    let first = true;
    // `until` looks again whenever bytes come or the connection ends.
    await this.raw
      .until(() => {
        const changed = this.raw.frames.length !== length || !first;
        first = false;
        return changed;
      })
      .catch(() => undefined);
  }
}

function isLastWord(payload: Buffer): boolean {
  return payload.includes('"action":"sys.closing"');
}

/** Comparable text; long payloads by their length and digest. */
function show(events: readonly CaseEvent[]): string {
  return JSON.stringify(
    events.map((event) => {
      if (event.kind === 'mark') return `after ${event.name}`;
      const hex = event.payload.toString('hex');
      return `${event.kind} ${hex.length <= 600 ? hex : `${event.payload.length} bytes ${digest(event.payload)}`}`;
    }),
  );
}

function digest(payload: Buffer): string {
  return createHash('sha256').update(payload).digest('hex');
}
