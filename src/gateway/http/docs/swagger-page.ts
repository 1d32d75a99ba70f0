import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
}

const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Waybill REST</title>
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
<link rel="icon" href="/api/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;

const START = `window.ui = SwaggerUIBundle({ url: '/api/docs-json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;

const FILES: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const loaded = new Map<string, Asset>([
  ['', { type: 'text/html; charset=utf-8', content: Buffer.from(HTML) }],
  ['start.js', { type: 'text/javascript; charset=utf-8', content: Buffer.from(START) }],
]);

/** A part of the page, by name; the page itself is the empty name. Undefined: there is no such part. Files are read once. */
export async function pagePart(name: string): Promise<Asset | undefined> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (type === undefined) return undefined;
  const asset = { type, content: await readFile(join(swaggerDirectory(), name)) };
  loaded.set(name, asset);
  return asset;
}

/** Swagger UI's files come with @nestjs/swagger, so they are looked for from there. */
function swaggerDirectory(): string {
  const swagger = createRequire(import.meta.url).resolve('@nestjs/swagger');
  return dirname(createRequire(swagger).resolve('swagger-ui-dist/package.json'));
}
