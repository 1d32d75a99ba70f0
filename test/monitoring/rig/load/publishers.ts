import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type Site, repeat, TOPICS } from './site.js';

const REST_MS = 60;
const SQL_MS = 300;
const REPEATED_SHARE = 0.1;

/** By REST: to topics, to a user and to everybody; some of it is sent twice, and history is read. */
export async function publishByRest(site: Site): Promise<void> {
  const { rest, random } = site;
  await repeat(site, REST_MS, async () => {
    const topic = random.pick([...TOPICS.durable, ...TOPICS.ephemeral]);
    const headers = { 'idempotency-key': randomUUID() };
    const body = { action: 'order.paid', data: { text: 'x'.repeat(random.below(400)) } };
    await rest.data('POST', `topics/${topic}/messages`, body, headers);
    if (random.chance(REPEATED_SHARE)) await rest.data('POST', `topics/${topic}/messages`, body, headers);
    if (random.chance(REPEATED_SHARE)) await rest.data('GET', `topics/${random.pick(TOPICS.durable)}/messages?limit=20`);
    if (random.chance(REPEATED_SHARE)) await rest.data('POST', 'users/acker/messages', { action: 'note', data: 1 });
    if (random.chance(REPEATED_SHARE / 2)) await rest.data('POST', 'broadcast', { action: 'notice', data: 1 });
  });
}

/** In transactions of a database role of its own. */
export async function publishBySql(site: Site): Promise<void> {
  const owner = new pg.Client({ connectionString: site.databaseUrl });
  await owner.connect();
  await owner.query('create role shop login');
  await owner.query(`select waybill.allow_publish('shop', 'order-service', array['orders.*'])`);
  await owner.end();
  const url = new URL(site.databaseUrl);
  url.username = 'shop';
  const shop = new pg.Client({ connectionString: url.href });
  await shop.connect();
  try {
    await repeat(site, SQL_MS, () => shop.query(`select waybill.publish('orders.1', 'order.shipped', '{"order": 1}')`));
  } finally {
    await shop.end();
  }
}
