import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

/** A resource of deploy/kubernetes, as far as every one has these. */
export interface Manifest {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly body: Readonly<Record<string, unknown>>;
}

export const FOLDER = 'deploy/kubernetes';

/** Every resource, in the order of its files; those of kustomize and of other programs are none. */
export function manifests(): readonly Manifest[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => /^(?:gateway|base)\/.+\.yaml$/.test(path) && !path.endsWith('kustomization.yaml'))
    .toSorted()
    .flatMap((path) =>
      parseAllDocuments(readFileSync(join(FOLDER, path), 'utf8')).map((document) => {
        if (document.errors.length > 0) throw new Error(`${path}: ${String(document.errors[0])}`);
        const body = document.toJS({ maxAliasCount: 0 }) as Manifest & Readonly<Record<string, unknown>>;
        return { file: path, apiVersion: body.apiVersion, kind: body.kind, metadata: body.metadata, body };
      }),
    );
}

/** Where the models of Kubernetes' own API have a kind: `apps/v1/Deployment`, and `v1/Service` of the core. */
export function modelOf({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): string {
  return `kubernetes-models/${apiVersion}/${kind}`;
}

/**
 * What the types of the API complain of: fields that do not exist, which its schemas let pass and the API server drops or refuses, and those
 * that are missing or of another type.
 */
export function complaintsOfTypes(all: readonly Pick<Manifest, 'apiVersion' | 'kind' | 'body'>[]): readonly string[] {
  const source = all
    .map((each, index) => {
      const name = `${each.kind}${index}`;
      return `import type { I${each.kind} as ${name} } from '${modelOf(each)}';\nexport const body${index}: ${name} = ${JSON.stringify(each.body)};`;
    })
    .join('\n');
  const path = resolve('test/deploy/manifests-as-code.ts');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) => (name === path ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2024) : read(name, ...rest));
  const program = ts.createProgram([path], options, host);
  return [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, ' '),
  );
}
