import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { chooseCompressionOffer } from './compression-offer.js';

function chosen(header: string | undefined): string | undefined {
  const headers: IncomingHttpHeaders = header === undefined ? {} : { 'sec-websocket-extensions': header };
  chooseCompressionOffer(headers);
  return headers['sec-websocket-extensions'];
}

const PLAIN = 'permessage-deflate';

describe('chooseCompressionOffer', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['Chromium', 'permessage-deflate; client_max_window_bits', PLAIN],
    ['Firefox', 'permessage-deflate', PLAIN],
    ['both takeovers given up', 'permessage-deflate; server_no_context_takeover; client_no_context_takeover', PLAIN],
    ['the window of a client', 'permessage-deflate; client_max_window_bits=10', PLAIN],
    ['a value in quotes', 'permessage-deflate;client_max_window_bits = "10"', PLAIN],
    ['our full window', 'permessage-deflate; server_max_window_bits=15', `${PLAIN}; server_max_window_bits=15`],
    ['another extension before', 'x-webkit-deflate-frame, permessage-deflate', PLAIN],
    ['a second offer where the first asks too much', 'permessage-deflate; server_max_window_bits=10, permessage-deflate', PLAIN],
    ['a smaller window of ours', 'permessage-deflate; server_max_window_bits=14', undefined],
    ['our window without a value', 'permessage-deflate; server_max_window_bits', undefined],
    ['a window that does not exist', 'permessage-deflate; client_max_window_bits=16', undefined],
    ['a window with a leading zero', 'permessage-deflate; client_max_window_bits=09', undefined],
    ['a value where none belongs', 'permessage-deflate; server_no_context_takeover=1', undefined],
    ['a parameter named twice', 'permessage-deflate; client_max_window_bits; client_max_window_bits', undefined],
    ['an unknown parameter', 'permessage-deflate; mystery', undefined],
    ['rubbish', 'permessage-deflate; ;=', undefined],
    ['only others', 'x-webkit-deflate-frame', undefined],
    ['nothing', undefined, undefined],
  ])('%s', (_case, header, expected) => {
    expect(chosen(header)).toBe(expected);
  });
});
