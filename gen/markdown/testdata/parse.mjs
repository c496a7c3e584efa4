// Parses Markdown with the parser of prettier. Standard input is a JSON array of
// documents, standard output one of their syntax trees; the argument is prettier's
// module for Markdown.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { parsers } = await import(pathToFileURL(process.argv[2]).href);
const documents = JSON.parse(readFileSync(0, "utf8"));
const trees = await Promise.all(
  documents.map((text) => parsers.markdown.parse(text, { originalText: text })),
);
process.stdout.write(
  JSON.stringify(trees, (key, value) =>
    key === "position" ? undefined : value,
  ),
);
