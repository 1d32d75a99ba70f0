import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ClusterModule } from '../cluster/cluster.module.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeyLookup } from './api-key-lookup.js';
import { ApiKeys } from './api-keys.js';
import { AuthStatus } from './auth-status.js';
import { AuthView } from './auth-view.js';
import { Authenticator } from './authenticator.js';
import { Authorizer } from './authorizer.js';
import { ClaimsAuthorizer } from './claims-authorizer.js';
import { Device } from './devices/device.entity.js';
import { DeviceAuthentication } from './devices/device-authentication.js';
import { DeviceChallenges } from './devices/device-challenges.js';
import { DeviceDirectory } from './devices/device-directory.js';
import { DeviceKey } from './devices/device-key.entity.js';
import { Devices } from './devices/devices.js';
import { PostgresSpentNonces } from './devices/postgres-spent-nonces.js';
import { Resealing } from './devices/resealing.js';
import { SealingKeys } from './devices/sealing-keys.js';
import { SpentNonces } from './devices/spent-nonces.js';
import { RedisLinks } from '../cluster/redis-links.js';
import { JwksKeys } from './jwks-keys.js';
import { JwtVerifier } from './jwt-verifier.js';
import { MemoryTicketShelf } from './memory-ticket-shelf.js';
import { OperatorsModule } from './operators/operators.module.js';
import { RedisTicketShelf } from './redis-ticket-shelf.js';
import { RevocationRow } from './revocation.entity.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationStore } from './revocation-store.js';
import { Revocations } from './revocations.js';
import { Revoking } from './revoking.js';
import { RightsView } from './rights-view.js';
import { Secrets } from './secrets.js';
import { TicketShelf } from './ticket-shelf.js';
import { Tickets } from './tickets.js';
import { TokenCache } from './token-cache.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenRefresh } from './token-refresh.js';
import { TokenVerification } from './token-verification.js';
import { WaybillAuthenticator } from './waybill-authenticator.js';

const DEVICES = [
  SealingKeys,
  Resealing,
  Devices,
  DeviceDirectory,
  DeviceChallenges,
  DeviceAuthentication,
  { provide: SpentNonces, useClass: PostgresSpentNonces },
];

/** Who somebody is, and what they may do. */
@Module({
  imports: [ClusterModule, TypeOrmModule.forFeature([ApiKey, RevocationRow, Device, DeviceKey]), OperatorsModule],
  providers: [
    Secrets,
    JwksKeys,
    JwtVerifier,
    RevocationStore,
    Revocations,
    RevocationFeed,
    Revoking,
    RightsView,
    TokenCache,
    TokenVerification,
    TokenIssuer,
    TokenRefresh,
    Tickets,
    {
      provide: TicketShelf,
      inject: [RedisLinks],
      useFactory: (links: RedisLinks): TicketShelf => (links.isConfigured ? new RedisTicketShelf(links) : new MemoryTicketShelf()),
    },
    ApiKeyLookup,
    ApiKeys,
    ...DEVICES,
    { provide: AuthView, useClass: AuthStatus },
    { provide: Authenticator, useClass: WaybillAuthenticator },
    { provide: Authorizer, useClass: ClaimsAuthorizer },
  ],
  exports: [
    AuthView,
    Authenticator,
    Authorizer,
    Revocations,
    Revoking,
    RightsView,
    TokenIssuer,
    TokenRefresh,
    TokenCache,
    Tickets,
    ApiKeys,
    Secrets,
    Devices,
    DeviceAuthentication,
    DeviceChallenges,
    OperatorsModule,
  ],
})
export class AuthModule {}
