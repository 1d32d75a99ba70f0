import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyLookup } from './api-key-lookup.js';
import { ApiKeys } from './api-keys.js';
import { AuthStatus } from './auth-status.js';
import { AuthView } from './auth-view.js';
import { Authenticator } from './authenticator.js';
import { Authorizer } from './authorizer.js';
import { ClaimsAuthorizer } from './claims-authorizer.js';
import { JwksKeys } from './jwks-keys.js';
import { JwtVerifier } from './jwt-verifier.js';
import { RevocationRow } from './revocation.entity.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationStore } from './revocation-store.js';
import { Revocations } from './revocations.js';
import { Revoking } from './revoking.js';
import { Secrets } from './secrets.js';
import { Tickets } from './tickets.js';
import { TokenCache } from './token-cache.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenRefresh } from './token-refresh.js';
import { TokenVerification } from './token-verification.js';
import { WaybillAuthenticator } from './waybill-authenticator.js';

/** Who somebody is, and what they may do. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKey, RevocationRow])],
  providers: [
    Secrets,
    JwksKeys,
    JwtVerifier,
    RevocationStore,
    Revocations,
    RevocationFeed,
    Revoking,
    TokenCache,
    TokenVerification,
    TokenIssuer,
    TokenRefresh,
    Tickets,
    ApiKeyLookup,
    ApiKeys,
    { provide: AuthView, useClass: AuthStatus },
    { provide: Authenticator, useClass: WaybillAuthenticator },
    { provide: Authorizer, useClass: ClaimsAuthorizer },
  ],
  exports: [AuthView, Revocations, Revoking, Authenticator, Authorizer, TokenIssuer, TokenRefresh, TokenCache, Tickets, ApiKeys, Secrets],
})
export class AuthModule {}
