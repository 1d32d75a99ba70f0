/** Returned by a handler whose frame gets no reply when all went well. */
export const NO_REPLY = Symbol('no reply');

/** Reply data that is JSON text already: payloads in it are passed through as they were stored, never parsed. */
export class JsonText {
  constructor(readonly text: string) {}
}
