import { WaybillClient } from '@waybill/client';

const gateway = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name=gateway]')).content;
const state = /** @type {HTMLElement} */ (document.querySelector('#state'));
const lines = /** @type {HTMLElement} */ (document.querySelector('#lines'));
const form = /** @type {HTMLFormElement} */ (document.querySelector('#say'));
const input = /** @type {HTMLInputElement} */ (form.querySelector('input'));

// Your own backend knows who is logged in and mints a token for them; the client asks again before it expires.
const client = new WaybillClient(gateway, { token: async () => (await fetch('/token')).text() });
client.on('connected', ({ user, ref }) => (state.textContent = `connected as ${user} (${ref})`));
client.on('retrying', ({ delayMs }) => (state.textContent = `trying again in ${Math.ceil(delayMs / 1_000)} s`));
client.on('closed', ({ message }) => (state.textContent = message));

client.subscribe('chat.lobby', ({ data }) => {
  const line = document.createElement('li');
  line.textContent = String(data);
  lines.append(line);
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  // Resolves when the message is stored; a connection that breaks meanwhile does not double it.
  client.publish('chat.lobby', input.value).catch((/** @type {Error} */ error) => (state.textContent = error.message));
  form.reset();
});
