import { answerOf, type Challenge, hmacSigner } from '../../../support/device.js';
import { repeat, type Site } from './site.js';

const ACTION_MS = 1_500;

/** What operators do on a bad day: watch, send away, block and let in again, change a setting; and a device that proves who it is. */
export async function operate(site: Site): Promise<void> {
  const { rest } = site;
  const lamp = await registerLamp(site);
  let round = 0;
  await repeat(site, ACTION_MS, async () => {
    round += 1;
    const { id } = (await rest.data('POST', 'ops/probes', { topic: 'orders.1', minutes: 1 })) as { readonly id: string };
    await rest.data('POST', 'ops/canary');
    await rest.data('POST', 'auth/blocks', { user: `blocked-${round}`, reason: 'flooding' });
    await rest.data('DELETE', `auth/blocks/blocked-${round}`);
    await rest.data('PATCH', 'ops/settings', { set: { 'monitoring.traceRatio': round % 2 === 0 ? 0.2 : 0.3 } });
    const { items } = (await rest.data('GET', 'ops/connections?state=open&limit=50')) as {
      readonly items: readonly { readonly id: string; readonly user?: string }[];
    };
    const wanderer = items.find(({ user }) => user?.startsWith('wanderer-') === true);
    // It may have left by itself meanwhile.
    if (wanderer !== undefined) await rest.call('DELETE', `ops/connections/${wanderer.id}`);
    await lamp();
    await rest.data('DELETE', `ops/probes/${id}`);
  });
}

/** Answers what proves itself once, and once with a wrong proof. */
async function registerLamp({ rest }: Site): Promise<() => Promise<void>> {
  const made = (await rest.data('POST', 'devices', { id: 'lamp-3', kind: 'hmac' })) as { readonly secret: string };
  const device = hmacSigner('lamp-3', made.secret);
  const challenge = async (): Promise<Challenge> =>
    (await rest.call('POST', 'devices/lamp-3/challenge', undefined, {}, '')).body.data as Challenge;
  return async () => {
    await rest.call('POST', 'devices/lamp-3/token', answerOf(device, await challenge()), {}, '');
    await rest.call('POST', 'devices/lamp-3/token', { nonce: (await challenge()).nonce, proof: 'x'.repeat(43) }, {}, '');
  };
}
