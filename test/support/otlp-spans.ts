/** A span as it stands in an OTLP request (opentelemetry-proto, trace/v1). Ids are hexadecimal. */
export interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly traceState: string;
  readonly name: string;
  readonly kind: string;
  /** Nanoseconds since the epoch. */
  readonly startedAt: bigint;
  readonly endedAt: bigint;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: Readonly<Record<string, unknown>>;
  /** Name of the instrumentation scope. */
  readonly scope: string;
}

type Value = bigint | Uint8Array;
/** Values of one message by field number, in their order. */
type Fields = ReadonlyMap<number, readonly Value[]>;

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const WIRE = { varint: 0n, fixed64: 1n, bytes: 2n, fixed32: 5n } as const;
const STATUS_ERROR = 2;

/** Reads an `ExportTraceServiceRequest`. Throws where it is no valid protobuf. */
export function spansOf(request: Uint8Array): readonly SentSpan[] {
  return messages(fieldsOf(request), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messages(resourceSpans, 1)[0], 1);
    return messages(resourceSpans, 2).flatMap((scopeSpans) => {
      const scope = text(messages(scopeSpans, 1)[0], 1);
      return messages(scopeSpans, 2).map((span) => ({ ...spanOf(span), resource, scope }));
    });
  });
}

/** How many spans an `ExportTraceServiceRequest` holds, without a look at any. */
export function spanCount(request: Uint8Array): number {
  const scopes = messages(fieldsOf(request), 1).flatMap((resourceSpans) => messages(resourceSpans, 2));
  return scopes.reduce((sum, scope) => sum + (scope.get(2)?.length ?? 0), 0);
}

function spanOf(span: Fields): Omit<SentSpan, 'resource' | 'scope'> {
  const parent = hex(span, 4);
  const status = messages(span, 15)[0];
  return {
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    parentSpanId: parent === '' ? undefined : parent,
    traceState: text(span, 3),
    name: text(span, 5),
    kind: KINDS[Number(integer(span, 6))] ?? 'unknown',
    startedAt: integer(span, 7),
    endedAt: integer(span, 8),
    failed: Number(integer(status, 3)) === STATUS_ERROR,
    attributes: attributesOf(span, 9),
    links: messages(span, 13).map((link) => ({ traceId: hex(link, 1), spanId: hex(link, 2) })),
  };
}

function attributesOf(owner: Fields | undefined, field: number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(messages(owner, field).map((pair) => [text(pair, 1), anyValue(messages(pair, 2)[0])]));
}

function anyValue(value: Fields | undefined): unknown {
  if (value === undefined || value.size === 0) return undefined;
  if (value.has(1)) return text(value, 1);
  if (value.has(2)) return integer(value, 2) === 1n;
  if (value.has(3)) return Number(BigInt.asIntN(64, integer(value, 3)));
  if (value.has(4)) return new Float64Array(new BigUint64Array([integer(value, 4)]).buffer)[0];
  if (value.has(5)) return messages(messages(value, 5)[0], 1).map(anyValue);
  throw new Error(`an attribute of a kind that is not read here: field ${[...value.keys()].join(', ')}`);
}

function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, Value[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const read = (wire: bigint): Value => {
    switch (wire) {
      case WIRE.varint:
        return varint();
      case WIRE.fixed64:
        at += 8;
        return view.getBigUint64(at - 8, true);
      case WIRE.fixed32:
        at += 4;
        return BigInt(view.getUint32(at - 4, true));
      case WIRE.bytes: {
        const length = Number(varint());
        at += length;
        if (at > bytes.length) throw new Error('protobuf: a field is longer than its message');
        return bytes.subarray(at - length, at);
      }
      default:
        throw new Error(`protobuf: no wire type ${wire}`);
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Number(key >> 3n);
    const values = fields.get(field) ?? [];
    values.push(read(key & 7n));
    fields.set(field, values);
  }
  return fields;
}

function messages(owner: Fields | undefined, field: number): readonly Fields[] {
  return (owner?.get(field) ?? []).filter((value) => typeof value !== 'bigint').map(fieldsOf);
}

function last(owner: Fields | undefined, field: number): Value | undefined {
  return owner?.get(field)?.at(-1);
}

function text(owner: Fields | undefined, field: number): string {
  const value = last(owner, field);
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : '';
}

function hex(owner: Fields | undefined, field: number): string {
  const value = last(owner, field);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : '';
}

function integer(owner: Fields | undefined, field: number): bigint {
  const value = last(owner, field);
  return typeof value === 'bigint' ? value : 0n;
}
