import fc from 'fast-check';

/** The parts of an OpenAPI document that requests are made from. */
export interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema?: JsonSchema }[];
  readonly body: JsonSchema | undefined;
  readonly statuses: readonly string[];
}

export interface RestRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly credential: 'key' | 'user' | 'none';
}

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly parameters?: Operation['parameters'];
            readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: JsonSchema }>> };
            readonly responses: Readonly<Record<string, unknown>>;
          }
        >
      >
    >
  >;
}

export function operationsOf(document: OpenApi): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content?.['application/json']?.schema,
      statuses: Object.keys(responses),
    })),
  );
}

const NASTY = [
  '',
  ' ',
  '0',
  '-1',
  '9007199254740993',
  '1e400',
  'null',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "' OR 1=1 --",
  '\u0000',
  '%',
  '%zz',
  '$all',
  '$user.a',
  'a..b',
  '😀',
  '\ud800',
  'x'.repeat(5_000),
];
const text = fc.oneof(fc.constantFrom(...NASTY), fc.string({ maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 20 }), fc.uuid());
const anything: fc.Arbitrary<unknown> = fc.oneof(fc.jsonValue({ maxDepth: 4 }), text, fc.double(), fc.constant('[[[[[[[['.repeat(10)));

/** Mostly what the schema asks for, with members left out, added and of the wrong kind. */
export function valueOf(schema: JsonSchema | undefined, depth = 0): fc.Arbitrary<unknown> {
  if (schema === undefined || depth > 4) return anything;
  const right = conforming(schema, depth);
  return fc.oneof({ weight: 6, arbitrary: right }, { weight: 1, arbitrary: anything });
}

function conforming(schema: JsonSchema, depth: number): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined && choices.length > 0) return fc.oneof(...choices.map((choice) => valueOf(choice, depth + 1)));
  if (schema.enum !== undefined && schema.enum.length > 0) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return objectOf(schema.properties ?? {}, depth);
    case 'array':
      return fc.array(valueOf(schema.items, depth + 1), { maxLength: 5 });
    case 'integer':
    case 'number':
      return fc.oneof(fc.integer({ min: -10, max: 1_000 }), fc.integer(), fc.double(), fc.constantFrom(2 ** 53, 1e300));
    case 'boolean':
      return fc.boolean();
    case 'string':
      return fc.oneof(fc.constantFrom('fuzz.a', 'fuzz', 'alice'), text);
    default:
      return anything;
  }
}

function objectOf(properties: Readonly<Record<string, JsonSchema>>, depth: number): fc.Arbitrary<unknown> {
  const known = Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valueOf(schema, depth + 1)]));
  const extra = fc.dictionary(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'extra'), fc.string({ maxLength: 10 })), anything, {
    maxKeys: 2,
  });
  return fc
    .tuple(fc.record(known, { requiredKeys: [] }), fc.boolean(), extra)
    .map(([own, more, others]) => (more ? { ...others, ...own } : own));
}

const encoded = (value: string): string => encodeURIComponent(value.toWellFormed());
/** As it stands, or with a piece of broken encoding. */
const segment = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('fuzz.a', 'alice', '1', '00000000-0000-4000-8000-000000000000') },
  { weight: 3, arbitrary: text.map(encoded) },
  { weight: 1, arbitrary: fc.constantFrom('%zz', '%', '%00', '%ff%fe', '..', '%2e%2e', ';', ',') },
);

function bodyText(schema: JsonSchema | undefined): fc.Arbitrary<string | undefined> {
  const json = valueOf(schema).map((value) => JSON.stringify(value) ?? 'null');
  const broken = fc
    .tuple(json, fc.nat(), fc.string({ maxLength: 3 }))
    .map(([whole, at, put]) => whole.slice(0, at % (whole.length + 1)) + put);
  return fc.oneof(
    { weight: 8, arbitrary: json },
    { weight: 2, arbitrary: broken },
    { weight: 1, arbitrary: fc.constantFrom(undefined, '', 'null', '[]', '"x"', `{"a":${'['.repeat(2_000)}`) },
  );
}

/** Requests for one operation. */
export function requestsFor({ method, path, parameters, body }: Operation): fc.Arbitrary<RestRequest> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([whole]) => whole);
  const query = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  const headers = parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
  return fc
    .record({
      segments: fc.array(segment, { minLength: names.length, maxLength: names.length }),
      values: fc.dictionary(
        fc.oneof(...(query.length > 0 ? [fc.constantFrom(...query)] : []), fc.constantFrom('extra', '__proto__')),
        text,
        {
          maxKeys: 4,
          noNullPrototype: true,
        },
      ),
      header: fc.string({ unit: fc.constantFrom(...' !"#a:;=,0é\u007f'.replace('\u007f', '~')), maxLength: 70 }),
      withHeaders: fc.boolean(),
      body: method === 'GET' ? fc.constant(undefined) : bodyText(body),
      type: fc.oneof(
        { weight: 8, arbitrary: fc.constant('application/json') },
        { weight: 1, arbitrary: fc.constantFrom('text/plain', '', 'application/json; charset=x') },
      ),
      credential: fc.oneof(
        { weight: 6, arbitrary: fc.constant('key' as const) },
        { weight: 1, arbitrary: fc.constantFrom('user' as const, 'none' as const) },
      ),
    })
    .map(({ segments, values, header, withHeaders, body: bytes, type, credential }) => {
      const filled = names.reduce((whole, name, index) => whole.replace(name, segments[index] ?? ''), path);
      const search = Object.entries(values)
        .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
        .join('&');
      const extra = withHeaders ? Object.fromEntries(headers.map((name) => [name, header.trim()])) : {};
      return {
        path: search === '' ? filled : `${filled}?${search}`,
        headers: { ...extra, ...(bytes !== undefined && type !== '' && { 'content-type': type }) },
        body: bytes,
        credential,
      };
    });
}
