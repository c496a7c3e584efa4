// What a newer server may send: values that the types of this package do not list.

/**
 * Never there at run time. Its members are types that no literal belongs to, so that
 * a typing error is found, and comparing with a known value rules them out.
 */
declare enum Unknown {
  String = "",
  Number = 5e-324,
}

/** Some other text than those that are listed: any string, where it is read. */
export type UnknownString = Unknown.String;

/** Some other number than those that are listed: any number, where it is read. */
export type UnknownNumber = Unknown.Number;

declare const unknownVariant: unique symbol;

/**
 * A value that is none of a union's variants. `Tag` is the member that tells these
 * apart, `Value` what it can hold, and `Known` what is known of the value all the same.
 */
export type UnknownVariant<
  Tag extends string = never,
  Value = UnknownString,
  Known = unknown,
> = { readonly [unknownVariant]: true } & Readonly<
  Partial<Record<Tag, Value | undefined>>
> &
  Known;

declare const chosen: unique symbol;

/**
 * What a value is when it was told apart by what is in it. The mark keeps the compiler
 * from concluding that all other values are of other types: one may fit several.
 */
export type Chosen<Type> = Type & { readonly [chosen]: true };
