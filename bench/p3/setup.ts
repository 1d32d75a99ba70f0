/** What P3 puts on the gateway, and on bare `ws` beside it (design goal: commands in and replies out, 200 connections). */
export const SOCKETS = 200;
export const IN_FLIGHT = 8;
export const WARM_UP_SECONDS = 1;
/** The fields of a ping's data, as JSON text. */
export const FIELDS_TEXT = '"room":"lobby","number":42';

/** Names of the phases in the tables. */
export const PHASE = { gateway: 'gateway', bare: 'bare ws' } as const;
