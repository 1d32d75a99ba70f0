import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Of the format that V8 writes (Chrome DevTools Protocol, Profiler.Profile), what is used here. Times are in microseconds. */
interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** A stretch of time by the monotonic clock of the machine, which `process.hrtime` and V8's samples share; microseconds. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Where a process was when it was looked at. */
export interface ProfileShare {
  readonly name: string;
  readonly place: string;
  /** Share of the stretch, 0 to 1. */
  readonly share: number;
}

export interface ProfileSummary {
  /** By the function that ran. */
  readonly self: readonly ProfileShare[];
  /** By the functions of the project that ran or had called what ran. */
  readonly total: readonly ProfileShare[];
  /** By package, or by part of the project. */
  readonly areas: readonly ProfileShare[];
}

const OWN = /\/dist\/(.+)$/;
const PACKAGE = /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/;

export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

/** Reads the profile of a process's main thread, and only what fell into the stretch. */
export function readProfile(directory: string, { from, to }: Stretch): ProfileSummary {
  const profile = JSON.parse(readFileSync(mainProfile(directory), 'utf8')) as Profile;
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)));
  const self = new Shares();
  const total = new Shares();
  const areas = new Shares();
  let time = profile.startTime;
  profile.samples.forEach((id, index) => {
    time += profile.timeDeltas[index] ?? 0;
    const duration = profile.timeDeltas[index + 1] ?? 0;
    const node = nodes.get(id);
    if (time < from || time > to || node === undefined) return;
    const place = placeOf(node);
    self.add(nameOf(node), place, duration);
    areas.add(areaOf(node), '', duration);
    const callers = new Set<string>();
    for (let at: ProfileNode | undefined = node; at !== undefined; at = nodes.get(parents.get(at.id) ?? -1)) {
      const key = `${nameOf(at)} ${placeOf(at)}`;
      if (!OWN.test(at.callFrame.url) || at.callFrame.url.includes('/node_modules/') || callers.has(key)) continue;
      callers.add(key);
      total.add(nameOf(at), placeOf(at), duration);
    }
  });
  const whole = areas.sum;
  return { self: self.of(whole), total: total.of(whole), areas: areas.of(whole) };
}

/** When each file of the project first ran other than at its loading, in microseconds after `from`; the earliest first. */
export function firstRuns(directory: string, from: number): readonly (readonly [file: string, afterUs: number])[] {
  const profile = JSON.parse(readFileSync(mainProfile(directory), 'utf8')) as Profile;
  const files = new Map(profile.nodes.map((node) => [node.id, fileOfNamedFunction(node)]));
  const seen = new Map<string, number>();
  let time = profile.startTime;
  profile.samples.forEach((id, index) => {
    time += profile.timeDeltas[index] ?? 0;
    const file = files.get(id);
    if (file !== undefined && !seen.has(file)) seen.set(file, time - from);
  });
  return [...seen];
}

function fileOfNamedFunction({ callFrame: { url, functionName } }: ProfileNode): string | undefined {
  return functionName === '' || PACKAGE.test(url) ? undefined : OWN.exec(url)?.[1];
}

class Shares {
  readonly #times = new Map<string, { readonly name: string; readonly place: string; time: number }>();
  sum = 0;

  add(name: string, place: string, time: number): void {
    this.sum += time;
    const key = `${name} ${place}`;
    const entry = this.#times.get(key);
    if (entry === undefined) this.#times.set(key, { name, place, time });
    else entry.time += time;
  }

  /** The largest first. */
  of(whole: number): readonly ProfileShare[] {
    return [...this.#times.values()].sort((a, b) => b.time - a.time).map(({ name, place, time }) => ({ name, place, share: time / whole }));
  }
}

/** Names end in process id, thread id and a running number: the main thread's id is 0. */
function mainProfile(directory: string): string {
  const name = readdirSync(directory).find((candidate) => /\.0\.\d+\.cpuprofile$/.test(candidate));
  if (name === undefined) throw new Error(`${directory} has no profile: the process did not end in order`);
  return join(directory, name);
}

function nameOf({ callFrame }: ProfileNode): string {
  return callFrame.functionName === '' ? '(anonymous)' : callFrame.functionName;
}

function placeOf({ callFrame: { url, lineNumber } }: ProfileNode): string {
  const [, packageName, packagePath] = PACKAGE.exec(url) ?? [];
  const path = packageName === undefined ? (OWN.exec(url)?.[1] ?? url) : `${packageName}/${packagePath ?? ''}`;
  return path === '' ? '' : `${path}:${lineNumber + 1}`;
}

function areaOf(node: ProfileNode): string {
  const { url } = node.callFrame;
  const packageName = PACKAGE.exec(url)?.[1];
  if (packageName !== undefined) return packageName;
  const own = OWN.exec(url)?.[1];
  if (own !== undefined) return `waybill: ${own.split('/').slice(0, -1).join('/')}`;
  if (url.startsWith('node:')) return 'Node';
  return url === '' ? nameOf(node) : url;
}
