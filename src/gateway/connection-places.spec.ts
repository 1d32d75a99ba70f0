import { describe, expect, it } from 'vitest';
import { NO_GRANTS, type Principal } from '../auth/principal.js';
import { MemoryNodeChannel } from '../cluster/memory-node-channel.js';
import { MemorySharedCounts } from '../cluster/memory-shared-counts.js';
import { Config } from '../config/config.js';
import { LiveSettings } from '../config/live-settings.js';
import { Refusal } from '../protocol/refusal.js';
import { ConnectionPlaces, type Place } from './connection-places.js';

const principal = (id: string, kind: Principal['kind'] = 'user'): Principal => ({
  kind,
  id,
  roles: [],
  grants: NO_GRANTS,
  scopes: [],
  expiresAt: undefined,
  tokenId: undefined,
});

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'OK';
  } catch (error) {
    return error instanceof Refusal ? error.code : 'INTERNAL';
  }
};

const alone = (settings: LiveSettings): ConnectionPlaces =>
  new ConnectionPlaces(settings, new MemorySharedCounts('alone'), new MemoryNodeChannel('alone'));
const placesWith = (env: Readonly<Record<string, string>>): ConnectionPlaces => alone(new LiveSettings(Config.from(env)));

describe('places for connections', () => {
  it('are bounded for the node, whoever comes', () => {
    const places = placesWith({ WAYBILL_MAX_CONNECTIONS: '2' });
    const first = places.take('192.0.2.1');
    places.take('192.0.2.2');
    expect(codeOf(() => places.take('192.0.2.3'))).toBe('UNAVAILABLE');
    first.release();
    expect(codeOf(() => places.take('192.0.2.3'))).toBe('OK');
    expect(places.taken).toBe(2);
  });

  it('are bounded for an address, the /64 of an IPv6 one, and for nobody else', () => {
    const places = placesWith({ WAYBILL_CONNECTIONS_PER_ADDRESS: '2' });
    const arrivals = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1', '192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'];
    expect(arrivals.map((address) => codeOf(() => places.take(address)))).toEqual([
      'OK',
      'OK',
      'LIMIT_EXCEEDED',
      'OK',
      'OK',
      'OK',
      'LIMIT_EXCEEDED',
      'OK',
    ]);
  });

  it('are bounded for a user; API keys are none', () => {
    const places = placesWith({ WAYBILL_CONNECTIONS_PER_USER: '2' });
    const claims = (id: string, kind?: Principal['kind']) => codeOf(() => places.take('192.0.2.1').claim(principal(id, kind)));
    expect(['a', 'a', 'a', 'b'].map((id) => claims(id))).toEqual(['OK', 'OK', 'LIMIT_EXCEEDED', 'OK']);
    expect([1, 2, 3].map(() => claims('key:a', 'api_key'))).toEqual(['OK', 'OK', 'OK']);
    expect(places.takenBy('a')).toBe(2);
  });

  it('are all free again when each was released, however often, and claimed or not', () => {
    const places = placesWith({ WAYBILL_CONNECTIONS_PER_USER: '2', WAYBILL_CONNECTIONS_PER_ADDRESS: '4' });
    const taken: Place[] = [1, 2, 3, 4].map(() => places.take('192.0.2.1'));
    for (const place of taken) codeOf(() => place.claim(principal('a')));
    for (const place of [...taken, ...taken]) place.release();
    taken[0]?.claim(principal('a'));
    expect([places.taken, places.takenBy('a')]).toEqual([0, 0]);
    expect([1, 2, 3, 4].map(() => codeOf(() => places.take('192.0.2.1')))).toEqual(['OK', 'OK', 'OK', 'OK']);
  });

  describe('where the newest connection of a user wins', () => {
    const EVICTING = { WAYBILL_CONNECTIONS_PER_USER: '2', WAYBILL_CONNECTIONS_PER_USER_POLICY: 'evict_oldest' };
    const arrive = (places: ConnectionPlaces, name: string, ended: string[], user = 'a'): Place => {
      const place = places.take('192.0.2.1');
      place.claim(principal(user));
      place.heldBy(() => {
        ended.push(name);
        place.release();
      });
      return place;
    };

    it('are given to it, and the oldest is ended', () => {
      const places = placesWith(EVICTING);
      const ended: string[] = [];
      for (const name of ['1', '2', '3', '4']) arrive(places, name, ended);
      arrive(places, 'of another', ended, 'b');
      expect([ended, places.takenBy('a'), places.taken]).toEqual([['1', '2'], 2, 3]);
    });

    it('are not counted for one that is still ending', () => {
      const places = placesWith(EVICTING);
      const lingering = [1, 2, 3].map(() => {
        const place = places.take('192.0.2.1');
        place.claim(principal('a'));
        place.heldBy(() => undefined);
        return place;
      });
      expect([places.takenBy('a'), places.taken]).toEqual([2, 3]);
      for (const place of lingering) place.release();
      expect([places.takenBy('a'), places.taken]).toEqual([0, 0]);
    });

    it('are taken from an upgrade that is still under way, which ends as soon as it is a connection', () => {
      const places = placesWith(EVICTING);
      const ended: string[] = [];
      const slow = places.take('192.0.2.1');
      slow.claim(principal('a'));
      for (const name of ['2', '3']) arrive(places, name, ended);
      expect(ended).toEqual([]);
      slow.heldBy(() => ended.push('slow'));
      expect(ended).toEqual(['slow']);
    });

    it('are given back down to a limit that was lowered', () => {
      const settings = new LiveSettings(Config.from({ ...EVICTING, WAYBILL_CONNECTIONS_PER_USER: '5' }));
      const places = alone(settings);
      const ended: string[] = [];
      for (const name of ['1', '2', '3', '4']) arrive(places, name, ended);
      settings.replace(Config.from(EVICTING));
      expect(places.takenBy('a')).toBe(4);
      arrive(places, '5', ended);
      expect([ended, places.takenBy('a')]).toEqual([['1', '2', '3'], 2]);
    });
  });

  it('are without limit at 0', () => {
    const places = placesWith({
      WAYBILL_MAX_CONNECTIONS: '0',
      WAYBILL_CONNECTIONS_PER_USER: '0',
      WAYBILL_CONNECTIONS_PER_ADDRESS: '0',
    });
    for (let n = 0; n < 20_000; n += 1) places.take('192.0.2.1').claim(principal('a'));
    expect(places.taken).toBe(20_000);
  });
});
