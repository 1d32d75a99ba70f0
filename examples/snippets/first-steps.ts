import { WaybillClient } from '@waybill/client';

interface Line {
  readonly text: string;
}

const [gateway = 'http://127.0.0.1:8080', token = ''] = process.argv.slice(2);
const client = new WaybillClient(gateway, { token });

const lobby = client.subscribe<Line>('chat.lobby', ({ seq, data }) => console.log(`${seq} ${data.text}`));
lobby.on('gap', ({ from, to }) => console.log(`${from} to ${to} were missed and cannot be had`));
await lobby.ready();

const heard = new Promise((resolve) => lobby.once('message', resolve));
// Resolves when the message is stored, with its position in the topic.
const { seq } = await client.publish('chat.lobby', { text: 'hello from Node' });
console.log(`stored as ${seq}`);
await heard;
client.close();
