/** A package's public interface, as its declarations and doc-comments tell it. */
export interface PublicApi {
  /** What is imported from: `@waybill/client`. */
  readonly module: string;
  /** By kind, then by name. */
  readonly items: readonly ApiItem[];
}

export type ApiItem =
  | { readonly kind: 'class'; readonly construct: string | undefined; readonly members: readonly ApiMember[]; readonly head: ItemHead }
  | { readonly kind: 'function'; readonly signature: string; readonly head: ItemHead }
  | { readonly kind: 'interface'; readonly members: readonly ApiMember[]; readonly head: ItemHead }
  | { readonly kind: 'type'; readonly text: string; readonly head: ItemHead }
  | { readonly kind: 'constant'; readonly value: ConstantValue; readonly head: ItemHead };

export interface ItemHead {
  readonly name: string;
  /** With type parameters: `Message<T = unknown>`. */
  readonly declared: string;
  readonly doc: string;
}

export type ConstantValue =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'entries'; readonly entries: readonly (readonly [string, string])[] };

export interface ApiMember {
  readonly kind: 'method' | 'property';
  readonly name: string;
  /** A method's parameters and answer, or a property's type. */
  readonly type: string;
  readonly optional: boolean;
  readonly doc: string;
}
