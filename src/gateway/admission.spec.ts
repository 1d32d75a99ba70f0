import { Socket } from 'node:net';
import { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TableAuthenticator } from '../../test/support/rest-server.js';
import type { Principal } from '../auth/principal.js';
import { Config } from '../config/config.js';
import { LiveSettings } from '../config/live-settings.js';
import { Refusal } from '../protocol/refusal.js';
import { RecordingTelemetry } from '../telemetry/recording-telemetry.js';
import { Admission } from './admission.js';
import { Limits } from './limits/limits.js';

function arrival(headers: Readonly<Record<string, string>> = {}, url = '/ws'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = url;
  for (const [name, value] of Object.entries(headers)) {
    request.headers[name] = value;
    request.headersDistinct[name] = [value];
  }
  return request;
}

function admissionWith(env: Readonly<Record<string, string>> = {}) {
  const telemetry = new RecordingTelemetry();
  const credentials = new TableAuthenticator();
  const settings = new LiveSettings(Config.from(env));
  return { telemetry, credentials, admission: new Admission(credentials, telemetry, new Limits(settings, telemetry), settings) };
}

const codeOf = async (admitted: Promise<unknown>): Promise<string> => {
  const error: unknown = await admitted.catch((reason: unknown) => reason);
  return error instanceof Refusal ? error.code : 'OK';
};

describe('an upgrade', () => {
  it('is observed, limited, inspected, authenticated and authorised, in this order', async () => {
    const { admission, telemetry, credentials } = admissionWith({ WAYBILL_REQUESTS_PER_SECOND: '1' });
    const token = credentials.token('alice');
    const steps: string[] = [];
    const rules = {
      observed: () => steps.push(`observed ${telemetry.of('handshake').length}`),
      inspect: () => steps.push('inspected'),
      authorise: (principal: Principal | undefined) => void steps.push(`authorised ${principal?.id}`),
    };
    const { principal } = await admission.admitUpgrade(arrival({ authorization: `Bearer ${token}` }, '/ws?client=a&x=secret'), rules);
    expect(steps).toEqual(['observed 1', 'inspected', 'authorised alice']);
    expect(principal?.id).toBe('alice');
    expect(telemetry.of('handshake')).toMatchObject([[{ path: '/ws' }]]);
    expect(telemetry.of('handshake.end')).toEqual([]);
  });

  it('may come without a credential', async () => {
    expect((await admissionWith().admission.admitUpgrade(arrival())).principal).toBeUndefined();
  });

  it('tells the observation why it was refused, at every step', async () => {
    const refusal = (code: 'BAD_REQUEST' | 'LIMIT_EXCEEDED') => () => {
      throw new Refusal(code, 'no');
    };
    const { admission, telemetry } = admissionWith({ WAYBILL_REQUESTS_PER_SECOND: '2' });
    const codes = [
      await codeOf(admission.admitUpgrade(arrival(), { inspect: refusal('BAD_REQUEST') })),
      await codeOf(admission.admitUpgrade(arrival({ authorization: 'Bearer a.b.c' }))),
      await codeOf(admission.admitUpgrade(arrival({ authorization: 'Bearer an-api-key' }))),
      await codeOf(admission.admitUpgrade(arrival(), { authorise: refusal('LIMIT_EXCEEDED') })),
      await codeOf(admission.admitUpgrade(arrival())),
    ];
    admission.drain();
    codes.push(await codeOf(admission.admitUpgrade(arrival())));
    expect(codes).toEqual(['BAD_REQUEST', 'UNAUTHENTICATED', 'UNAUTHENTICATED', 'LIMIT_EXCEEDED', 'RATE_LIMITED', 'DRAINING']);
    expect(telemetry.of('handshake.end').map(([code]) => code)).toEqual(codes);
  });

  it('is not limited where no limit is set', async () => {
    const { admission } = admissionWith();
    for (let n = 0; n < 1_000; n += 1) await admission.admitUpgrade(arrival());
  });

  it('spends no credential on a handshake that is malformed', async () => {
    const { admission, credentials } = admissionWith();
    let asked = false;
    credentials.authenticate = () => {
      asked = true;
      return Promise.reject(new Error('asked'));
    };
    const inspect = (): never => {
      throw new Refusal('UPGRADE_REQUIRED', 'no');
    };
    expect(await codeOf(admission.admitUpgrade(arrival({}, '/ws?ticket=abc'), { inspect }))).toBe('UPGRADE_REQUIRED');
    expect(asked).toBe(false);
  });
});

describe('a limit by address', () => {
  const from = (remoteAddress: string, forwarded: string): IncomingMessage => {
    const request = arrival({ 'x-forwarded-for': forwarded });
    Object.defineProperty(request.socket, 'remoteAddress', { value: remoteAddress });
    return request;
  };
  const codes = async (admission: Admission, requests: readonly IncomingMessage[]): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const request of requests) found.push(await codeOf(admission.admitUpgrade(request)));
    return found;
  };

  it('counts a client behind a trusted proxy, and names it everywhere', async () => {
    const { admission, telemetry } = admissionWith({ WAYBILL_REQUESTS_PER_SECOND: '1', WAYBILL_TRUSTED_PROXIES: '10.0.0.1' });
    const arrivals = ['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.2'].map((client) => from('10.0.0.1', client));
    expect(await codes(admission, arrivals)).toEqual(['OK', 'OK', 'RATE_LIMITED', 'OK']);
    expect(telemetry.of('handshake').at(-1)).toMatchObject([{ address: '203.0.113.2' }]);
  });

  it('is not passed by a header that a stranger forges', async () => {
    const { admission } = admissionWith({ WAYBILL_REQUESTS_PER_SECOND: '1', WAYBILL_TRUSTED_PROXIES: '10.0.0.1' });
    const arrivals = [1, 2, 3].map((n) => from('198.51.100.7', `203.0.113.${n}`));
    expect(await codes(admission, arrivals)).toEqual(['OK', 'OK', 'RATE_LIMITED']);
  });

  it('counts the /64 of an IPv6 client', async () => {
    const { admission } = admissionWith({ WAYBILL_REQUESTS_PER_SECOND: '1' });
    const arrivals = ['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'].map((client) => from(client, ''));
    expect(await codes(admission, arrivals)).toEqual(['OK', 'OK', 'RATE_LIMITED', 'OK']);
  });
});
