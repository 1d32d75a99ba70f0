import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import { ClusterModule } from './cluster/cluster.module.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { GatewayModule } from './gateway/gateway.module.js';
import { MessagingModule } from './messaging/messaging.module.js';
import { MonitoringModule } from './monitoring/monitoring.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { StorageModule } from './storage/storage.module.js';
import { TlsModule } from './tls/tls.module.js';

/** The import list. `extensions` are modules of an application that runs its own handlers inside the gateway. */
@Module({})
export class AppModule {
  static with(config: Config, extensions: readonly Type[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        MonitoringModule,
        TlsModule,
        ClusterModule,
        StorageModule,
        SettingsModule,
        AuditModule,
        AuthModule,
        MessagingModule,
        GatewayModule,
        ...extensions,
      ],
    };
  }
}
