import type { MessageOrigin } from '../messaging/message-origin.js';

const NOTHING = '-';
/** What stands third is a role where it does not look like this; a role may hold any character. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;
/** A role may hold any character, so it stands last. */
const FORM = /^(\S+) (\S+)(?: ([^]+))?$/;

/** How an origin is stored: connection, address and role or traceparent with a blank between; `-` where one of the first is not known. */
export function originText(origin: MessageOrigin | undefined): string | undefined {
  if (origin === undefined) return undefined;
  const { connection = NOTHING, address = NOTHING, role, trace } = origin;
  const last = role ?? trace;
  return last === undefined ? `${connection} ${address}` : `${connection} ${address} ${last}`;
}

/** Undefined where nothing, or nothing that can be read, is stored. */
export function originOf(text: string | null): MessageOrigin | undefined {
  const [, connection, address, last] = FORM.exec(text ?? '') ?? [];
  if (connection === undefined) return undefined;
  const place = { connection: known(connection), address: known(address) };
  return last !== undefined && TRACEPARENT.test(last) ? { ...place, role: undefined, trace: last } : { ...place, role: last };
}

function known(value: string | undefined): string | undefined {
  return value === NOTHING ? undefined : value;
}
