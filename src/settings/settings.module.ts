import { Global, Module } from '@nestjs/common';
import { ClusterModule } from '../cluster/cluster.module.js';
import { Settings } from './settings.js';
import { SettingsTable } from './settings-table.js';

/** Settings that operators change while the program runs. */
@Global()
@Module({ imports: [ClusterModule], providers: [Settings, SettingsTable], exports: [Settings] })
export class SettingsModule {}
