/**
 * Arrays as statement parameters in PostgreSQL's binary form, which `pg` sends as it is when it is given a Buffer. The text form
 * would escape every quote of every JSON payload here and undo it there.
 * Layout (array_send in src/backend/utils/adt/arrayfuncs.c): dimensions, has-null flag, element type, length, lower bound; then
 * for each element its byte length, -1 for null, and its bytes.
 */
const OID = { text: 25, int4: 23, int8: 20, float8: 701 } as const;
const HEADER_BYTES = 20;
const NULL_LENGTH = -1;

export function textArray(values: readonly (string | undefined)[]): Buffer {
  let size = HEADER_BYTES;
  for (const value of values) size += 4 + (value === undefined ? 0 : Buffer.byteLength(value));
  const buffer = Buffer.allocUnsafe(size);
  let offset = writeHeader(buffer, OID.text, values.length);
  for (const value of values) {
    if (value === undefined) {
      offset = buffer.writeInt32BE(NULL_LENGTH, offset);
    } else {
      const length = buffer.write(value, offset + 4);
      buffer.writeInt32BE(length, offset);
      offset += 4 + length;
    }
  }
  return buffer;
}

export function int4Array(values: readonly number[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * 8);
  let offset = writeHeader(buffer, OID.int4, values.length);
  for (const value of values) {
    offset = buffer.writeInt32BE(4, offset);
    offset = buffer.writeInt32BE(value, offset);
  }
  return buffer;
}

export function int8Array(values: readonly (number | undefined)[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * 12);
  let offset = writeHeader(buffer, OID.int8, values.length);
  for (const value of values) {
    if (value === undefined) {
      offset = buffer.writeInt32BE(NULL_LENGTH, offset);
    } else {
      offset = buffer.writeInt32BE(8, offset);
      offset = buffer.writeBigInt64BE(BigInt(value), offset);
    }
  }
  return buffer.subarray(0, offset);
}

export function float8Array(values: readonly (number | undefined)[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + values.length * 12);
  let offset = writeHeader(buffer, OID.float8, values.length);
  for (const value of values) {
    if (value === undefined) {
      offset = buffer.writeInt32BE(NULL_LENGTH, offset);
    } else {
      offset = buffer.writeInt32BE(8, offset);
      offset = buffer.writeDoubleBE(value, offset);
    }
  }
  return buffer.subarray(0, offset);
}

function writeHeader(buffer: Buffer, elementType: number, length: number): number {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(elementType, 8);
  buffer.writeInt32BE(length, 12);
  return buffer.writeInt32BE(1, 16);
}
