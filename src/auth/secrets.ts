import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { makeApiKey } from './api-key-secret.js';
import { createExclusive } from './exclusive-file.js';
import { HMAC_ALGORITHMS } from './jwt-algorithms.js';

const SECRET_FILE = 'jwt-secret';
const API_KEY_FILE = 'api-key';
const API_KEY_BYTES = 16;
/** Others may pass through (the embedded database may run as its own user) but not list; the files are for their owner alone. */
const DIRECTORY_MODE = 0o711;
const FILE_MODE = 0o600;

/**
 * The shared secret and the first API key: from the settings, else from the data directory, where the first start makes them.
 * Throws `ConfigError` where a file cannot be used.
 */
@Injectable()
export class Secrets {
  /** Signs and verifies HMAC tokens; at least as long as the output of the algorithm (RFC 7518 section 3.2). */
  readonly jwtSecret: Uint8Array;
  /** The first API key, with every scope. */
  readonly apiKey: string;
  /** The first API key where this very start made it: the banner prints it, this once. */
  readonly generatedApiKey: string | undefined;

  constructor(config: Config) {
    const directory = config.server.dataDir;
    const secret =
      config.auth.jwtSecret ??
      keptSecret(directory, SECRET_FILE, {
        option: 'WAYBILL_JWT_SECRET',
        least: HMAC_ALGORITHMS[config.auth.jwtAlgorithm].bytes,
        make: () => randomBytes(64).toString('base64url'),
      }).value;
    const key =
      config.auth.apiKey === undefined
        ? keptSecret(directory, API_KEY_FILE, { option: 'WAYBILL_API_KEY', least: API_KEY_BYTES, make: makeApiKey })
        : { value: config.auth.apiKey, made: false };
    this.jwtSecret = Buffer.from(secret, 'utf8');
    this.apiKey = key.value;
    this.generatedApiKey = key.made ? key.value : undefined;
  }
}

/** A secret that is kept in a file. */
export interface KeptSecret {
  readonly option: string;
  /** Bytes below which a value is too weak. */
  readonly least: number;
  readonly make: () => string;
}

/** The secret of a file in the data directory, made where there is none. Throws `ConfigError` where the file cannot be used. */
export function keptSecret(directory: string, name: string, kind: KeptSecret): { readonly value: string; readonly made: boolean } {
  const path = join(directory, name);
  try {
    const made = !existsSync(path) && createFile(directory, path, kind.make());
    // Tightened before it is read: a copy or a backup may have restored it readable for everybody.
    chmodSync(path, FILE_MODE);
    const value = readFileSync(path, 'utf8').trim();
    if (Buffer.byteLength(value) < kind.least) {
      throw new ConfigError([
        `${path}: holds less than ${kind.least} bytes. Delete it to have a new one made at the next start, or set ${kind.option}.`,
      ]);
    }
    return { value, made };
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([
      `${path}: cannot be used (${(error as Error).message}). Make ${directory} writable for this user, name another with WAYBILL_DATA_DIR, or set ${kind.option}.`,
    ]);
  }
}

function createFile(directory: string, path: string, value: string): boolean {
  // The mode of a new directory is cut by the umask, so it is set again.
  if (mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE }) !== undefined) chmodSync(directory, DIRECTORY_MODE);
  return createExclusive(path, `${value}\n`, FILE_MODE);
}
