import { type SpawnOptions, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StorageStartError } from './start-error.js';

const USER = 'postgres';
const SETPRIV = '/usr/bin/setpriv';
const OTHERS_EXECUTE = 0o001;
const GROUP_EXECUTE = 0o010;
const OWNER_EXECUTE = 0o100;

/** How to start a program so that Postgres, which refuses to run as root, accepts its user. */
export interface ServerAccount {
  /** Undefined: the user that runs this process. */
  readonly ids: { readonly uid: number; readonly gid: number } | undefined;
  /** A command, with its arguments, that starts the program as that user. */
  command(
    program: string,
    parameters: readonly string[],
  ): { readonly file: string; readonly parameters: readonly string[]; readonly options: SpawnOptions };
}

/** `owner`: of a cluster that exists already. `paths`: what the account must be able to reach. Throws `StorageStartError`. */
export function serverAccount(owner: Stats | undefined, paths: readonly string[]): ServerAccount {
  if (process.getuid?.() !== 0) {
    if (owner !== undefined && owner.uid !== process.getuid?.()) {
      throw new StorageStartError(
        `The embedded database belongs to the user with id ${owner.uid}. Start as that user or as root, or set WAYBILL_DATA_DIR to another directory.`,
      );
    }
    return { ids: undefined, command: (file, parameters) => ({ file, parameters, options: {} }) };
  }
  const ids = owner !== undefined && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : (findUser() ?? createUser());
  const closed = paths.map((path) => firstClosedDirectory(path, ids)).find((directory) => directory !== undefined);
  if (closed === undefined) return { ids, command: (file, parameters) => ({ file, parameters, options: ids }) };
  const prefix = readingEverywhere(ids);
  if (prefix === undefined) {
    throw new StorageStartError(
      `Postgres does not run as root, and the user ${USER} may not enter ${closed}. Run chmod o+x ${closed}, move the program and WAYBILL_DATA_DIR elsewhere (for instance under /opt and /var/lib), start as an ordinary user, or set DATABASE_URL.`,
    );
  }
  return { ids, command: (file, parameters) => ({ file: SETPRIV, parameters: [...prefix, file, ...parameters], options: {} }) };
}

/** First directory on the way to a path that the user may not pass through. */
function firstClosedDirectory(path: string, ids: { readonly uid: number; readonly gid: number }): string | undefined {
  const parents: string[] = [];
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    parents.unshift(parent);
    if (parent === dirname(parent)) break;
  }
  return parents.find((parent) => {
    if (!existsSync(parent)) return false;
    const { mode, uid, gid } = statSync(parent);
    const needed = uid === ids.uid ? OWNER_EXECUTE : gid === ids.gid ? GROUP_EXECUTE : OTHERS_EXECUTE;
    return (mode & needed) === 0;
  });
}

/**
 * Under a closed directory such as /root the server gets one capability, to read and pass where the file modes would not let it.
 * Without the secure bit the kernel would ignore it in access(2), by which initdb looks for its binaries: capabilities(7).
 * Answers undefined where setpriv is missing or the capability is not ours to give (containers often lack it).
 */
function readingEverywhere(ids: { readonly uid: number; readonly gid: number }): readonly string[] | undefined {
  const capability = '+dac_read_search';
  const prefix = [
    '--securebits=+no_setuid_fixup',
    `--reuid=${ids.uid}`,
    `--regid=${ids.gid}`,
    '--clear-groups',
    `--inh-caps=${capability}`,
    `--ambient-caps=${capability}`,
    '--',
  ];
  return existsSync(SETPRIV) && spawnSync(SETPRIV, [...prefix, 'true']).status === 0 ? prefix : undefined;
}

function findUser(): { readonly uid: number; readonly gid: number } | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function createUser(): { readonly uid: number; readonly gid: number } {
  const created = spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', USER]);
  const user = findUser();
  if (user !== undefined) return user;
  throw new StorageStartError(
    `Postgres does not run as root, and a user ${USER} cannot be created (${created.error?.message ?? created.stderr.toString().trim()}). Create it with useradd --system ${USER}, start as an ordinary user, or set DATABASE_URL.`,
  );
}
