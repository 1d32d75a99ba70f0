import type { CertificateIdentity } from './certificate-identity.js';
import type { Principal } from './principal.js';

export type Credentials =
  | { readonly kind: 'token'; readonly token: string; readonly method: 'header' | 'subprotocol' | 'frame' }
  | { readonly kind: 'ticket'; readonly ticket: string }
  | { readonly kind: 'api_key'; readonly key: string }
  /** What a verified client certificate says; there is nothing left to prove. */
  | { readonly kind: 'certificate'; readonly identity: CertificateIdentity }
  /** The cookie of an operator who signed in: for REST alone. `background`: a page asks by itself, which is no use of the session. */
  | { readonly kind: 'session'; readonly secret: string; readonly background?: true }
  | ({ readonly kind: 'device' } & DeviceAnswer);

/** The answer of a device to a challenge. */
export interface DeviceAnswer {
  readonly device: string;
  readonly nonce: string;
  /** Signature or MAC, base64url. */
  readonly proof: string;
  /** Id of the socket that the challenge was given on; `rest` where it was given by REST. */
  readonly connection: string;
}

/**
 * Port: turns a credential into a principal. Runs before the upgrade, so nothing has been accepted yet.
 * Rejects with a `Refusal` of `UNAUTHENTICATED` or `TOKEN_EXPIRED`, or `UNAVAILABLE` where it cannot know;
 * never lets an unknown error decide for entry. A ticket is spent by the first call, even when calls race.
 * `address`: where it came from, to be noted with the use of an API key.
 */
export abstract class Authenticator {
  abstract authenticate(credentials: Credentials, address?: string): Promise<Principal>;
}
