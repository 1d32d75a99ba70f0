import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

export interface Bundle {
  readonly code: string;
  /** As a web server would send it. */
  readonly gzipBytes: number;
  /** What is not in the bundle and must be there at run time. */
  readonly imports: readonly string[];
}

/** Bundles an entry of this folder for browsers, as an application's build would: from the built package, by its exports. */
export async function bundle(entry: string, options: { readonly minify: boolean } = { minify: true }): Promise<Bundle> {
  const build = await rolldown({
    input: fileURLToPath(new URL(`entries/${entry}.ts`, import.meta.url)),
    platform: 'browser',
    external: /^node:/,
    logLevel: 'silent',
  });
  try {
    const { output } = await build.generate({ format: 'es', minify: options.minify });
    const [chunk, ...others] = output;
    if (others.length > 0) throw new Error(`One file was expected; there is also ${others.map(({ fileName }) => fileName).join(', ')}`);
    return { code: chunk.code, gzipBytes: gzipSync(chunk.code, { level: 9 }).length, imports: chunk.imports };
  } finally {
    await build.close();
  }
}
