import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type CertificateIdentity, certificateIdentity } from '../../auth/certificate-identity.js';
import type { ConfigValues } from '../../config/schema.js';
import { Refusal } from '../../protocol/refusal.js';

/** Reads who a client is from the certificate that it showed in the handshake. No header has a say. */
export class ClientCertificates {
  private readonly known = new WeakMap<object, CertificateIdentity>();

  constructor(private readonly tls: ConfigValues['tls']) {}

  /** Undefined: certificates name nobody here, or none was shown and none has to be. Throws `UNAUTHENTICATED`. */
  identityOf({ socket }: IncomingMessage): CertificateIdentity | undefined {
    const { clientCert, clientIdentity } = this.tls;
    if (clientCert === 'off' || clientIdentity === 'none') return undefined;
    const known = this.known.get(socket);
    if (known !== undefined) return known;
    const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.();
    if (certificate === undefined) {
      if (clientCert === 'optional') return undefined;
      throw new Refusal('UNAUTHENTICATED', 'This gateway asks for a client certificate (option tls.clientCert).');
    }
    const identity = certificateIdentity(certificate, clientIdentity);
    this.known.set(socket, identity);
    return identity;
  }
}

/** A certificate was shown that is not good. Where one is optional, Node leaves it to us to end the connection. */
export function showedBadCertificate(socket: TLSSocket): boolean {
  return !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}
