import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that some suites need and npm does not bring. */
export interface ToolDefinition {
  /** Names in PATH. */
  readonly programs: readonly string[];
  /** Whether all of them are needed, or the first that is found will do. */
  readonly needs: 'all' | 'any';
  /** Files that must be there besides, for what is no program. */
  readonly files?: readonly string[];
  /** Debian package that brings it; several are told apart by spaces. */
  readonly package: string;
}

/** Debian's packages of Python modules are for Debian's Python, which need not be the first one in PATH. */
export const SYSTEM_PYTHON = '/usr/bin/python3';
const PSYCOPG2 = '/usr/lib/python3/dist-packages/psycopg2/__init__.py';

/**
 * A suite says what it needs by its name: `x.redis.spec.ts`, `x.chromium.spec.ts`, `x.prometheus.spec.ts`.
 * Where the tool is missing the suite is left out, and the run says so; with CI=true it runs and fails.
 */
export const TOOLS = {
  redis: { programs: ['redis-server'], needs: 'all', package: 'redis-server' },
  pgbouncer: { programs: ['pgbouncer'], needs: 'all', package: 'pgbouncer' },
  psycopg2: { programs: ['python3'], needs: 'all', files: [SYSTEM_PYTHON, PSYCOPG2], package: 'python3-psycopg2' },
  openssl: { programs: ['openssl', 'curl', 'python3'], needs: 'all', package: 'openssl curl python3' },
  chromium: { programs: ['chromium', 'chromium-browser', 'google-chrome'], needs: 'any', package: 'chromium' },
  nginx: { programs: ['nginx', 'redis-server'], needs: 'all', package: 'nginx-light redis-server' },
  haproxy: { programs: ['haproxy', 'redis-server'], needs: 'all', package: 'haproxy redis-server' },
  prometheus: { programs: ['promtool', 'prometheus'], needs: 'all', package: 'prometheus' },
  alertmanager: {
    programs: ['prometheus-alertmanager', 'amtool', 'promtool', 'prometheus'],
    needs: 'all',
    package: 'prometheus prometheus-alertmanager',
  },
} as const satisfies Record<string, ToolDefinition>;

export type ToolName = keyof typeof TOOLS;
export const TOOL_NAMES = Object.keys(TOOLS) as readonly ToolName[];

/** Path of a program, or undefined where it is not installed. */
export function findProgram(program: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return directories
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

export function isInstalled(tool: ToolName): boolean {
  const { programs, needs, files = [] }: ToolDefinition = TOOLS[tool];
  const isFound = (program: string): boolean => findProgram(program) !== undefined;
  if (!files.every((file) => existsSync(file))) return false;
  return needs === 'all' ? programs.every(isFound) : programs.some(isFound);
}

/** Path of the first of a tool's programs that is there, or of the one named. Throws a sentence that says how to get it. */
export function toolPath(tool: ToolName, program?: string): string {
  const definition: ToolDefinition = TOOLS[tool];
  for (const name of program === undefined ? definition.programs : [program]) {
    const path = findProgram(name);
    if (path !== undefined) return path;
  }
  throw new Error(`${program ?? tool} is not installed; get it with: apt-get install -y --no-install-recommends ${definition.package}`);
}

/** The tool a suite's file name asks for. */
export function toolOfSuite(file: string): ToolName | undefined {
  return TOOL_NAMES.find((tool) => file.endsWith(`.${tool}.spec.ts`));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
