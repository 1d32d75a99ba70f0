import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** What every call of a gateway answers with. */
type Answer = { readonly message: string; readonly data?: Readonly<Record<string, string>> };

const [, , address, id, keyFile] = process.argv;
const key = readFileSync(keyFile ?? 'pump-7.pem');

async function post(path: string, body?: object): Promise<Readonly<Record<string, string>>> {
  const request = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = (await (await fetch(`${address}/api/v1/devices/${id}/${path}`, { method: 'POST', ...request })).json()) as Answer;
  if (answer.data === undefined) throw new Error(answer.message);
  return answer.data;
}

const { version, server, connection, nonce, purpose } = await post('challenge');
const text = ['waybill-device-answer', version, server, id, connection, nonce, purpose].join('\n');
const { token } = await post('token', { nonce, proof: sign(null, Buffer.from(text), key).toString('base64url') });
console.log(token);
