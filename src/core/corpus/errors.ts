import { VerbenaError } from '../../base/errors.ts';

export type CorpusErrorCode =
  | 'file-empty'
  | 'file-binary'
  | 'file-encoding'
  | 'file-unreadable'
  | 'file-changed'
  | 'gzip-truncated'
  | 'gzip-invalid'
  | 'header-only'
  | 'no-text-column'
  | 'no-label-column'
  | 'no-rows'
  | 'format-unknown'
  | 'compression-unknown'
  | 'xml-entities'
  | 'parquet-invalid'
  | 'parquet-nested'
  | 'parquet-unsupported'
  | 'zip-invalid'
  | 'zip-encrypted'
  | 'zip-unsafe-name'
  | 'zip-nested'
  | 'zip-too-large'
  | 'topics-too-large'
  | 'mapping-invalid'
  | 'too-many-files'
  | 'no-corpus'
  | 'copy-in-use'
  | 'corpus-replaced';

/** A file, or a whole corpus, that cannot be read. Single rows never throw: they become bad rows. */
export class CorpusError extends VerbenaError<CorpusErrorCode> {}

export const emptyFile = (name: string) =>
  new CorpusError(
    'file-empty',
    `${name} is empty.`,
    'Choose a file with rows in it; if it was a download, fetch it again.',
  );

export const unknownFormat = (name: string, what: string) =>
  new CorpusError(
    'format-unknown',
    `${name} is ${what}.`,
    'Verbena reads CSV, TSV, JSON arrays, JSON Lines and MediaWiki XML exports, each also gzipped, Parquet, and zip archives of these: convert the file to one of them.',
  );

export const noTextColumn = (name: string, wanted: readonly string[], found: readonly string[]) =>
  new CorpusError(
    'no-text-column',
    wanted.length === 0
      ? `No text column is chosen for ${name}.`
      : `${name} has no column ${wanted.map((column) => `'${column}'`).join(', ')}.`,
    `Choose the text column in the mapping panel; the file has ${found.slice(0, 20).join(', ') || 'none'}.`,
    { wanted, found },
  );

export const noArticles = (name: string) =>
  new CorpusError(
    'header-only',
    `${name} holds no articles: only its head, redirects or pages of other namespaces.`,
    'Export the articles (namespace 0) with their wikitext.',
  );
