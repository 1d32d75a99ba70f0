import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { keptSecret } from '../secrets.js';
import { Operators } from './operators.js';

export const FIRST_OPERATOR = 'admin';
/** Stands in the data directory. */
export const OPERATOR_PASSWORD_FILE = 'operator-password';
const PASSWORD_BYTES = 18;
const LEAST_LENGTH = 12;

/** Where there is no operator yet, makes the first: `admin`, with the password of the settings or one that is kept in the data directory. */
@Injectable()
export class FirstOperator implements OnApplicationBootstrap {
  /** The password, where this very start made it and the account: the banner prints it, this once. */
  generatedPassword: string | undefined;

  constructor(
    private readonly operators: Operators,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if ((await this.operators.list(1)).length > 0) return;
    const { password: chosen } = this.config.operators;
    const kept = chosen === undefined ? this.kept() : undefined;
    const password = chosen ?? kept?.value ?? '';
    const made = await this.operators.makeFirst({ name: FIRST_OPERATOR, role: 'admin', password });
    if (made) this.generatedPassword = kept?.value;
    // Another node was first: a file with a password that opens nothing would mislead.
    else if (kept?.made === true) rmSync(this.file, { force: true });
  }

  private get file(): string {
    return join(this.config.server.dataDir, OPERATOR_PASSWORD_FILE);
  }

  private kept(): { readonly value: string; readonly made: boolean } {
    const make = (): string => randomBytes(PASSWORD_BYTES).toString('base64url');
    return keptSecret(this.config.server.dataDir, OPERATOR_PASSWORD_FILE, {
      option: 'WAYBILL_OPERATOR_PASSWORD',
      least: LEAST_LENGTH,
      make,
    });
  }
}
