import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Position, WaybillClient } from '@waybill/client';

const [gateway = 'http://127.0.0.1:8080', token = '', file = 'position.json'] = process.argv.slice(2);
const client = new WaybillClient(gateway, { token });

const orders = client.subscribe(
  'orders.all',
  ({ epoch, seq, data }) => {
    console.log(`${seq} ${JSON.stringify(data)}`);
    // After the work, not before it: a message whose work was cut short comes again.
    keep({ epoch, seq });
  },
  { since: kept() ?? 'start' },
);
orders.on('gap', ({ from, to, reason }) => console.log(`${from} to ${to} cannot be had: ${reason}`));
orders.on('reset', ({ current }) => keep(current));

function kept(): Position | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Position) : undefined;
}

/** Replaces the file as a whole, so that a crash leaves the old position or the new one. */
function keep(position: Position): void {
  writeFileSync(`${file}.new`, JSON.stringify(position));
  renameSync(`${file}.new`, file);
}
