import type { SecurityRow } from './row.js';

/** Corners of RFC 6455 and RFC 7692 beside the Autobahn cases. */
export const PROTOCOL_ROWS: readonly SecurityRow[] = [
  {
    id: 'C1',
    topic: 'Version',
    input: 'an upgrade with `Sec-WebSocket-Version: 8` or `14`',
    expected: '426 with `Sec-WebSocket-Version: 13`',
  },
  { id: 'C2', topic: 'Form', input: 'a POST; no or a short `Sec-WebSocket-Key`; `Upgrade: foo`', expected: '405; 400; 400' },
  { id: 'C3', topic: 'Subprotocol', input: 'one subprotocol offered twice', expected: '400' },
  { id: 'C4', topic: 'Headers', input: '2,100 headers; one header of 17 KB', expected: '4xx, and the process goes on' },
  { id: 'C5', topic: 'Head', input: 'the first frame in the segment of the request', expected: 'handled, not lost' },
  { id: 'C6', topic: 'Mask', input: 'a frame of a client without mask', expected: '1002' },
  { id: 'C7', topic: 'Control frames', input: 'one of 126 bytes; a ping of two fragments', expected: '1002' },
  { id: 'C8', topic: 'Control frames', input: 'a ping between two fragments', expected: 'the pong first, then the message whole' },
  {
    id: 'C9',
    topic: 'Close frames',
    input: 'one byte; a reason that is no UTF-8; the codes 1005, 1006, 1015',
    expected: '1002; 1007; 1002',
  },
  { id: 'C10', topic: 'UTF-8', input: 'a character cut by a fragment; half a character at the end', expected: 'whole; 1007' },
  { id: 'C11', topic: 'Length', input: 'a length with its top bit set; 2^53', expected: '1009 or 1002 at once, nothing allocated' },
  { id: 'C12', topic: 'RSV1', input: 'without compression; on a continuation or a control frame with it', expected: '1002' },
  {
    id: 'C13',
    topic: 'Offers',
    input: '`server_max_window_bits=8`; a parameter twice; an unknown one',
    expected: 'declined or 400, never a crash',
  },
  {
    id: 'C14',
    topic: 'Deflate',
    input: 'a block that is cut off; bytes that are no deflate stream',
    expected: '1007, that connection alone',
  },
  { id: 'C15', topic: 'HTTP/2', input: 'its preface on the plain port; `Upgrade: h2c`', expected: 'an HTTP/1.1 answer, and sockets go on' },
  {
    id: 'C16',
    topic: 'Closing',
    input: 'a node that stops; the registry of codes',
    expected: '1012; our own codes within 4000–4999, all published',
  },
];
