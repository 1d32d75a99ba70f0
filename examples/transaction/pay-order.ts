import pg from 'pg';

/** The transaction met another one, or a topic was busy: PostgreSQL rolled it back, and it may be run again as a whole. */
const RUN_AGAIN = ['40001', '40P01', '55P03'];
const ATTEMPTS = 5;

/** Marks an order as paid and tells its subscribers: both, or neither. */
export async function payOrder(client: pg.ClientBase, order: number): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query('begin');
      const paid = await client.query<{ total: string }>(
        `update orders set state = 'paid' where id = $1 and state = 'open' returning total`,
        [order],
      );
      for (const { total } of paid.rows) {
        await client.query('select waybill.publish(topic => $1, action => $2, data => $3, msg_id => $4)', [
          `orders.${order}`,
          'order.paid',
          JSON.stringify({ order, total: Number(total) }),
          // Made of what the event is, so that a repeat of the whole work is recognised.
          `order-${order}-paid`,
        ]);
      }
      await client.query('commit');
      return;
    } catch (error) {
      await client.query('rollback');
      if (!(error instanceof pg.DatabaseError) || !RUN_AGAIN.includes(error.code ?? '') || attempt === ATTEMPTS) throw error;
    }
  }
}

if (import.meta.main) {
  const [url, ...orders] = process.argv.slice(2);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const order of orders) await payOrder(client, Number(order));
  await client.end();
}
