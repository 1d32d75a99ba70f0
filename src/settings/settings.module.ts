import { Global, Module } from '@nestjs/common';
import { Settings } from './settings.js';
import { SettingsTable } from './settings-table.js';

/** Settings that operators change while the program runs. */
@Global()
@Module({ providers: [Settings, SettingsTable], exports: [Settings] })
export class SettingsModule {}
