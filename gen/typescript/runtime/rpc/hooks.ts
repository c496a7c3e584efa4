// What the SDK does not make public, and is used all the same. Nothing else here does
// that; a test holds each name to the SDK that is installed.

/** Reads and writes frames; the methods may be replaced. */
export interface Codec {
  encodeCommands(commands: unknown[]): string;
  decodeReplies(data: unknown): unknown[];
}

/** Returns the codec of a connection, if the SDK has the one that is known here. */
export function codecOf(centrifuge: object): Codec | undefined {
  const { _codec: codec } = centrifuge as { _codec?: Partial<Codec> };
  return codec?.decodeReplies && (codec as Codec);
}

/** Tells whether the payloads of a connection are bytes. */
export function usesProtobuf(centrifuge: object): boolean {
  const { _codec: codec } = centrifuge as { _codec?: { name?(): string } };
  return codec?.name?.() === "protobuf";
}
