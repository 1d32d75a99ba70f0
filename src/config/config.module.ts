import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Config } from './config.js';
import { LiveSettings } from './live-settings.js';

/** Makes the settings injectable everywhere. */
@Global()
@Module({})
export class ConfigModule {
  static with(config: Config): DynamicModule {
    const live = { provide: LiveSettings, useValue: new LiveSettings(config) };
    return { module: ConfigModule, providers: [{ provide: Config, useValue: config }, live], exports: [Config, LiveSettings] };
  }
}
