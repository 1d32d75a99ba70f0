import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyLookup } from './api-key-lookup.js';
import { ApiKeys } from './api-keys.js';
import { Authenticator } from './authenticator.js';
import { Authorizer } from './authorizer.js';
import { ClaimsAuthorizer } from './claims-authorizer.js';
import { JwtVerifier } from './jwt-verifier.js';
import { Secrets } from './secrets.js';
import { Tickets } from './tickets.js';
import { TokenCache } from './token-cache.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenRefresh } from './token-refresh.js';
import { TokenVerification } from './token-verification.js';
import { WaybillAuthenticator } from './waybill-authenticator.js';

/** Who somebody is, and what they may do. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKey])],
  providers: [
    Secrets,
    JwtVerifier,
    TokenCache,
    TokenVerification,
    TokenIssuer,
    TokenRefresh,
    Tickets,
    ApiKeyLookup,
    ApiKeys,
    { provide: Authenticator, useClass: WaybillAuthenticator },
    { provide: Authorizer, useClass: ClaimsAuthorizer },
  ],
  exports: [Authenticator, Authorizer, TokenIssuer, TokenRefresh, TokenCache, Tickets, ApiKeys, Secrets],
})
export class AuthModule {}
