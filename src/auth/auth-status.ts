import { Injectable } from '@nestjs/common';
import { AuthView, type JwksStatus, type RevocationStatus } from './auth-view.js';
import { JwksKeys } from './jwks-keys.js';
import { Revocations } from './revocations.js';

@Injectable()
export class AuthStatus extends AuthView {
  constructor(
    private readonly keys: JwksKeys,
    private readonly revoked: Revocations,
  ) {
    super();
  }

  override jwks(): JwksStatus | undefined {
    return this.keys.status;
  }

  override revocations(): RevocationStatus {
    return this.revoked.status;
  }
}
