import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DialectName } from '../load/fan-out/dialects.ts';
import { installedFile, installedProgram } from './installed.ts';

/** A server to compare the gateway with. */
export interface Peer {
  readonly name: string;
  readonly dialect: DialectName;
  /** A file of this folder. */
  readonly program: string;
  /** Of the program, given a directory that it may write to. */
  programArguments(directory: string): readonly string[];
  /** Its publisher sends what the gateway would have made of the publish, so that both send the same bytes. */
  readonly sendsReadyMade: boolean;
  /** For the description of the run. */
  readonly version: string;
}

const NCHAN_MODULES = ['/usr/lib/nginx/modules/ngx_nchan_module.so', '/usr/share/nginx/modules/ngx_nchan_module.so'];
const NO_ARGUMENTS = (): readonly string[] => [];
const PACKAGES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

const ws = `ws ${packageVersion('ws')}`;
const bare = { dialect: 'bare', programArguments: NO_ARGUMENTS, sendsReadyMade: true, version: ws } as const;

export const BARE_COALESCING: Peer = { name: 'bare ws, coalescing', program: 'bare-coalescing.ts', ...bare };
export const BARE_PREPARED: Peer = { name: 'bare ws, prepared frame', program: 'bare-prepared.ts', ...bare };
export const BARE_SEND: Peer = { name: 'bare ws, send', program: 'bare-send.ts', ...bare };
export const NEST: Peer = {
  name: 'Nest WsAdapter',
  dialect: 'nest',
  program: 'nest-ws-adapter.ts',
  programArguments: NO_ARGUMENTS,
  sendsReadyMade: false,
  version: `@nestjs/platform-ws ${packageVersion('@nestjs/platform-ws')}`,
};
export const SOCKET_IO: Peer = {
  name: 'socket.io',
  dialect: 'socket-io',
  program: 'socket-io.ts',
  programArguments: NO_ARGUMENTS,
  sendsReadyMade: false,
  version: `socket.io ${packageVersion('socket.io')}`,
};
export const NATS_NAME = 'NATS';
export const NCHAN_NAME = 'nchan';

/** Undefined where no NATS server is installed. */
export function nats(): Peer | undefined {
  const program = installedProgram('nats-server');
  if (program === undefined) return undefined;
  return {
    name: NATS_NAME,
    dialect: 'nats',
    program: 'nats.ts',
    programArguments: (directory) => [program, directory],
    sendsReadyMade: false,
    version: execFileSync(program, ['--version'], { encoding: 'utf8' }).trim(),
  };
}

/** Undefined where no nginx with the nchan module is installed. */
export function nchan(): Peer | undefined {
  const program = installedProgram('nginx');
  const nchanModule = installedFile(NCHAN_MODULES);
  if (program === undefined || nchanModule === undefined) return undefined;
  return {
    name: NCHAN_NAME,
    dialect: 'bare',
    program: 'nchan.ts',
    programArguments: (directory) => [program, nchanModule, directory],
    sendsReadyMade: false,
    // Told on the standard error.
    version: `${spawnSync(program, ['-v'], { encoding: 'utf8' }).stderr.trim()} with nchan`,
  };
}

function packageVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGES, name, 'package.json'), 'utf8')) as { readonly version: string };
  return version;
}
