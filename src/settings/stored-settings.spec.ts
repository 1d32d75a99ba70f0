import { describe, expect, it } from 'vitest';
import { Config } from '../config/config.js';
import { changesBetween } from './setting-changes.js';
import { checkStages, soundSettings, withChanges } from './sound-settings.js';
import { endedOf, inForce, nextEnd, NOTHING_SET, stages, type StoredSettings, withoutEnded } from './stored-settings.js';

const STORED: StoredSettings = {
  overrides: { 'server.logLevel': 'warn', 'monitoring.traceRate': 3 },
  temporary: { 'server.logLevel': { value: 'debug', until: 1_000 }, 'monitoring.traceRatio': { value: 0.5, until: 2_000 } },
};

describe('settings for a time', () => {
  it('stand above those that stay, until their end', () => {
    expect(inForce(STORED, 999)).toEqual({ 'server.logLevel': 'debug', 'monitoring.traceRate': 3, 'monitoring.traceRatio': 0.5 });
    expect(inForce(STORED, 1_000)).toEqual({ 'server.logLevel': 'warn', 'monitoring.traceRate': 3, 'monitoring.traceRatio': 0.5 });
    expect(inForce(STORED, 2_000)).toEqual(STORED.overrides);
    expect([endedOf(STORED, 999), endedOf(STORED, 1_000), endedOf(STORED, 9_000)]).toEqual([
      [],
      ['server.logLevel'],
      ['monitoring.traceRatio', 'server.logLevel'],
    ]);
    expect([nextEnd(STORED, 0), nextEnd(STORED, 1_000), nextEnd(STORED, 2_000)]).toEqual([1_000, 2_000, undefined]);
    expect(withoutEnded(STORED, 1_500)).toEqual({
      overrides: STORED.overrides,
      temporary: { 'monitoring.traceRatio': { value: 0.5, until: 2_000 } },
    });
    expect(stages(STORED, 1_500)).toEqual([inForce(STORED, 1_500), STORED.overrides]);
  });

  it('are taken off by null, and by a value that stays; leave alone what stays below them', () => {
    expect(withChanges(STORED, { 'server.logLevel': null }, undefined)).toEqual({
      overrides: { 'monitoring.traceRate': 3 },
      temporary: { 'monitoring.traceRatio': { value: 0.5, until: 2_000 } },
    });
    expect(withChanges(STORED, { 'monitoring.traceRatio': '0.1' }, undefined)).toEqual({
      overrides: { ...STORED.overrides, 'monitoring.traceRatio': 0.1 },
      temporary: { 'server.logLevel': { value: 'debug', until: 1_000 } },
    });
    expect(withChanges(STORED, { 'monitoring.traceRate': 9 }, 5_000)).toEqual({
      overrides: STORED.overrides,
      temporary: { ...STORED.temporary, 'monitoring.traceRate': { value: 9, until: 5_000 } },
    });
  });

  it('must hold together when some of them have ended, too', () => {
    const start = Config.from({});
    const unknown = { overrides: { 'no.such': 1 }, temporary: { 'monitoring.traceRate': { value: -1, until: 5 } } };
    expect(soundSettings(start, unknown)).toMatchObject({ sound: NOTHING_SET, problems: [expect.any(String), expect.any(String)] });
    const later = { overrides: { 'server.logLevel': 'loud' }, temporary: { 'server.logLevel': { value: 'debug', until: 1_000 } } };
    expect(() => checkStages(start, later, 0)).toThrow('"loud" must be one of');
  });

  it('differ where only their end does', () => {
    const start = Config.from({});
    const longer = { ...STORED, temporary: { ...STORED.temporary, 'server.logLevel': { value: 'debug', until: 1_500 } } };
    expect(changesBetween(start, STORED, STORED, 0)).toEqual([]);
    expect(changesBetween(start, STORED, longer, 0)).toEqual([
      {
        path: 'server.logLevel',
        before: 'debug',
        after: 'debug',
        source_before: 'settings',
        source_after: 'settings',
        until_before: 1_000,
        until_after: 1_500,
      },
    ]);
  });
});
