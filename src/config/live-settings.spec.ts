import { describe, expect, it } from 'vitest';
import { Config } from './config.js';
import { LiveSettings } from './live-settings.js';

describe('LiveSettings', () => {
  it('begins with the settings of the start', () => {
    const atStart = Config.from({});
    expect(new LiveSettings(atStart).current).toBe(atStart);
  });

  it('tells listeners of a change, with what was before, until they stop listening', () => {
    const [first, second, third] = ['1', '2', '3'].map((rate) => Config.from({ WAYBILL_COMMANDS_PER_SECOND: rate })) as [
      Config,
      Config,
      Config,
    ];
    const settings = new LiveSettings(first);
    const heard: [Config, Config][] = [];
    const stop = settings.onChange((now, before) => {
      expect(settings.current).toBe(now);
      heard.push([now, before]);
    });
    settings.replace(second);
    stop();
    settings.replace(third);
    expect([heard, settings.current]).toEqual([[[second, first]], third]);
  });
});
