import type { JwksResult } from '../telemetry/telemetry.js';

/** Why the key set could not be fetched; the message goes on after "the key set cannot be used:". */
export class JwksFailure extends Error {
  override readonly name = 'JwksFailure';

  constructor(
    readonly result: Exclude<JwksResult, 'ok'>,
    message: string,
  ) {
    super(message);
  }
}
