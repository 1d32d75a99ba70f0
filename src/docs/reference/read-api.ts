import { relative } from 'node:path';
import type ts from 'typescript';
import type { ApiItem, ApiMember, ConstantValue, ItemHead, PublicApi } from './api-model.js';

type TypeScript = typeof ts;

const KINDS: readonly ApiItem['kind'][] = ['class', 'function', 'constant', 'interface', 'type'];

/**
 * Reads the public interface of modules: their exports with the public members, own and inherited. Throws a sentence that
 * names every export and member that has no doc-comment. The compiler is a tool of development: it is loaded here, when
 * documents are made, and nowhere in the program.
 */
export async function readApi(folder: string, modules: Readonly<Record<string, string>>): Promise<readonly PublicApi[]> {
  const { default: compiler } = await import('typescript');
  const settings = compiler.getParsedCommandLineOfConfigFile(
    `${folder}/tsconfig.json`,
    {},
    { ...compiler.sys, onUnRecoverableConfigFileDiagnostic },
  );
  const program = compiler.createProgram(Object.values(modules), settings?.options ?? {});
  const reader = new ApiReader(compiler, program.getTypeChecker(), folder);
  const apis = Object.entries(modules).map(([module, path]) => {
    const source = program.getSourceFile(path);
    if (source === undefined) throw new Error(`${path} is not there`);
    return { module, items: reader.items(source) };
  });
  if (reader.undocumented.length > 0) {
    throw new Error(`Everything public needs a doc-comment. Without one: ${reader.undocumented.join(', ')}.`);
  }
  return apis;
}

function onUnRecoverableConfigFileDiagnostic(diagnostic: ts.Diagnostic): never {
  throw new Error(typeof diagnostic.messageText === 'string' ? diagnostic.messageText : diagnostic.messageText.messageText);
}

class ApiReader {
  readonly undocumented: string[] = [];

  constructor(
    private readonly compiler: TypeScript,
    private readonly checker: ts.TypeChecker,
    private readonly folder: string,
  ) {}

  items(source: ts.SourceFile): readonly ApiItem[] {
    const module = this.checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${source.fileName} exports nothing`);
    return this.checker
      .getExportsOfModule(module)
      .map((symbol) => this.#item(symbol.flags & this.compiler.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol))
      .toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || compare(a.head.name, b.head.name));
  }

  #item(symbol: ts.Symbol): ApiItem {
    const [declaration] = symbol.declarations ?? [];
    if (declaration === undefined) throw new Error(`${symbol.name} is declared nowhere`);
    const head = this.#head(symbol, declaration);
    const { compiler, checker } = this;
    if (compiler.isClassDeclaration(declaration)) {
      const [construct] = checker.getSignaturesOfType(
        checker.getTypeOfSymbolAtLocation(symbol, declaration),
        compiler.SignatureKind.Construct,
      );
      const written = declaration.members.some((member) => compiler.isConstructorDeclaration(member));
      return {
        kind: 'class',
        construct: written && construct ? this.#signature(construct, declaration) : undefined,
        members: this.#members(symbol),
        head,
      };
    }
    if (compiler.isInterfaceDeclaration(declaration)) return { kind: 'interface', members: this.#members(symbol), head };
    if (compiler.isTypeAliasDeclaration(declaration)) return { kind: 'type', text: oneLine(declaration.type.getText()), head };
    const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
    const [call] = checker.getSignaturesOfType(type, compiler.SignatureKind.Call);
    if (call !== undefined) return { kind: 'function', signature: this.#signature(call, declaration), head };
    return { kind: 'constant', value: this.#value(declaration), head };
  }

  #head(symbol: ts.Symbol, declaration: ts.Declaration): ItemHead {
    const { compiler } = this;
    const generic =
      compiler.isClassDeclaration(declaration) ||
      compiler.isInterfaceDeclaration(declaration) ||
      compiler.isTypeAliasDeclaration(declaration);
    const parameters = generic ? (declaration.typeParameters ?? []).map((parameter) => parameter.getText()) : [];
    return {
      name: symbol.name,
      declared: parameters.length === 0 ? symbol.name : `${symbol.name}<${parameters.join(', ')}>`,
      doc: this.#doc(symbol, symbol.name, declaration),
    };
  }

  /** Public members that the package itself declares: what an `Error` has besides is not its to document. */
  #members(owner: ts.Symbol): readonly ApiMember[] {
    const { compiler, checker } = this;
    return checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(owner)).flatMap((member): readonly ApiMember[] => {
      const declaration = member.valueDeclaration ?? member.declarations?.[0];
      if (declaration === undefined || !this.#isOwn(declaration) || !this.#isPublic(member, declaration)) return [];
      const type = checker.getTypeOfSymbolAtLocation(member, declaration);
      const isMethod = compiler.isMethodDeclaration(declaration) || compiler.isMethodSignature(declaration);
      const [call] = checker.getSignaturesOfType(type, compiler.SignatureKind.Call);
      return [
        {
          kind: isMethod ? 'method' : 'property',
          name: member.name,
          type: isMethod && call !== undefined ? this.#signature(call, declaration) : this.#type(type, declaration),
          optional: (member.flags & compiler.SymbolFlags.Optional) !== 0,
          doc: this.#doc(member, `${owner.name}.${member.name}`, declaration),
        },
      ];
    });
  }

  #isOwn(declaration: ts.Declaration): boolean {
    const path = relative(this.folder, declaration.getSourceFile().fileName);
    return !path.startsWith('..') && !path.includes('node_modules');
  }

  /** What a member's modifiers say; `@internal` marks what the parts of the package call among themselves. */
  #isPublic(member: ts.Symbol, declaration: ts.Declaration): boolean {
    const { compiler } = this;
    if (member.getJsDocTags().some(({ name }) => name === 'internal')) return false;
    const hidden = compiler.ModifierFlags.Private | compiler.ModifierFlags.Protected | compiler.ModifierFlags.Static;
    const name = compiler.getNameOfDeclaration(declaration);
    return (compiler.getCombinedModifierFlags(declaration) & hidden) === 0 && !(name !== undefined && compiler.isPrivateIdentifier(name));
  }

  #doc(symbol: ts.Symbol, name: string, declaration: ts.Declaration): string {
    const doc = this.compiler.displayPartsToString(symbol.getDocumentationComment(this.checker)).trim();
    if (doc === '') {
      const source = declaration.getSourceFile();
      const { line } = source.getLineAndCharacterOfPosition(declaration.getStart());
      this.undocumented.push(`${name} (${relative('', source.fileName)}:${line + 1})`);
    }
    return doc;
  }

  #signature(signature: ts.Signature, at: ts.Node): string {
    return withoutPaths(this.checker.signatureToString(signature, at, this.compiler.TypeFormatFlags.NoTruncation));
  }

  /** As it was written where it was, for aliases are known by their names. */
  #type(type: ts.Type, declaration: ts.Declaration): string {
    const { compiler } = this;
    const written =
      compiler.isPropertySignature(declaration) || compiler.isPropertyDeclaration(declaration) || compiler.isParameter(declaration)
        ? declaration.type?.getText()
        : undefined;
    return oneLine(written ?? withoutPaths(this.checker.typeToString(type, declaration, compiler.TypeFormatFlags.NoTruncation)));
  }

  #value(declaration: ts.Declaration): ConstantValue {
    const { compiler } = this;
    const written = compiler.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
    const value = written !== undefined && compiler.isAsExpression(written) ? written.expression : written;
    if (value === undefined) throw new Error(`${declaration.getText()} is of a kind that the reference does not know`);
    if (!compiler.isObjectLiteralExpression(value)) return { kind: 'text', text: value.getText() };
    const entries = value.properties.map((entry): readonly [string, string] => [
      entry.name?.getText() ?? '',
      compiler.isPropertyAssignment(entry) ? oneLine(entry.initializer.getText()) : '',
    ]);
    return { kind: 'entries', entries };
  }
}

/** The compiler tells where a type comes from that the file at hand does not import; all of them are the package's own. */
function withoutPaths(text: string): string {
  return text.replace(/import\("[^"]*"\)\./g, '');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/^\| /, '').trim();
}

/** By code unit: the same everywhere, whatever the language of the machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
