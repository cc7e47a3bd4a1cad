import { countByte } from './csvScanner.ts';
import { CorpusError, noTextColumn } from './errors.ts';
import type { JsonReaderOptions } from './jsonReader.ts';
import type { BadRowCode } from './mapping.ts';
import { PageSyntaxError, parsePage, type MediaWikiPage } from './mediaWikiPage.ts';
import { mediaWikiColumns, pageRows } from './mediaWikiRow.ts';
import { defaultMaxRecordBytes, type ReaderState, type RecordReader } from './recordReader.ts';
import { HashedText } from './textHash.ts';
import { findPage, type PageToken } from './xmlPages.ts';
import { categoryOfTitle, pageCategories } from './wikiArticle.ts';
import { lenientUtf8, strictUtf8 } from './utf8.ts';

const lineFeed = 0x0a;
const articleNamespace = 0;
const categoryNamespace = 14;
/** Category pages kept as edges; the largest wiki has fewer, and memory stays bounded. */
const mostEdges = 4_000_000;

/**
 * Reads a MediaWiki XML export: the bytes are cut at `<page>`, and each page is parsed alone, so that one that is not
 * well-formed costs only itself. Articles become rows; redirects and other namespaces are counted; category pages become edges
 * of the topic tree. Throws `xml-entities`, `no-text-column`.
 */
export class MediaWikiReader implements RecordReader {
  readonly #options: JsonReaderOptions & { readonly name: string };
  readonly #text = new HashedText();
  #line: number;
  /** Inside a page that is given up. */
  #skipping: boolean;
  /** What the export's head calls its category namespace. */
  #categoryNames: readonly string[];

  constructor(options: JsonReaderOptions & { readonly name: string }) {
    this.#options = options;
    const { mapping, name, resumed } = options;
    const columns = mediaWikiColumns[mapping.rowUnit ?? 'record'];
    const missing = mapping.textColumns.filter((column) => !columns.includes(column));
    if (missing.length > 0 || mapping.textColumns.length === 0) throw noTextColumn(name, missing, columns);
    this.#line = (resumed?.['line'] as number | undefined) ?? 1;
    this.#skipping = (resumed?.['skipping'] as boolean | undefined) ?? false;
    this.#categoryNames = (resumed?.['columns'] as readonly string[] | undefined) ?? [];
  }

  state(): ReaderState {
    return { line: this.#line, skipping: this.#skipping, columns: this.#categoryNames };
  }

  read(bytes: Uint8Array, base: number, last: boolean): number {
    let at = 0;
    for (;;) {
      const token = findPage(bytes, at, last, this.#skipping);
      if (token.kind === 'more') return this.#advance(bytes, at, token.start);
      if (token.kind === 'none') return this.#advance(bytes, at, bytes.length);
      if (token.kind === 'doctype') throw entityDefinitions(this.#options.name);
      at = this.#advance(bytes, at, token.start);
      if (token.kind === 'skipped') this.#skipping = false;
      else this.#take(bytes, token, base);
      at = this.#advance(bytes, at, token.end);
    }
  }

  overflow(bytes: Uint8Array, base: number): number {
    const limit = Math.round(defaultMaxRecordBytes / (1 << 20));
    this.#bad(0, bytes.length, base, 'record-too-long', `The page is not closed within ${limit} MB.`);
    this.#skipping = true;
    return this.#advance(bytes, 0, bytes.length);
  }

  #take(bytes: Uint8Array, { kind, start, end }: PageToken, base: number): void {
    if (kind === 'siteinfo') {
      this.#categoryNames = categoryNamespaces(lenientUtf8.decode(bytes.subarray(start, end)));
      return;
    }
    if (kind === 'unclosed')
      return this.#bad(start, end, base, 'xml-syntax', 'The page is not closed before the next one.');
    if (kind === 'truncated')
      return this.#bad(start, end, base, 'xml-truncated', 'The file ends inside the page.');
    let xml: string;
    try {
      xml = strictUtf8.decode(bytes.subarray(start, end));
    } catch {
      return this.#bad(start, end, base, 'invalid-utf8', 'The page holds bytes that are not UTF-8.');
    }
    let page: MediaWikiPage;
    try {
      page = parsePage(xml);
    } catch (error) {
      if (!(error instanceof PageSyntaxError)) throw error;
      return this.#bad(start, end, base, 'xml-syntax', error.message);
    }
    const { builder, mapping, fileId } = this.#options;
    if (page.isRedirect) return builder.skip('redirects');
    if (page.namespace === categoryNamespace) return this.#addEdges(page);
    if (page.namespace !== articleNamespace) return builder.skip('pages outside the main namespace');
    for (const { part, row } of pageRows(page, mapping, this.#categoryNames)) {
      if ('code' in row) this.#bad(start, end, base, row.code, row.reason);
      else
        builder.addRow(
          fileId,
          base + start,
          end - start,
          this.#line,
          this.#text.of(row.text),
          builder.intern(row.labels),
          part,
        );
    }
  }

  #addEdges(page: MediaWikiPage): void {
    const { builder } = this.#options;
    builder.skip('category pages');
    const child = categoryOfTitle(page.title);
    for (const parent of pageCategories(page, this.#categoryNames))
      if (builder.topicEdges.length < mostEdges) builder.topicEdges.push([child, parent]);
  }

  #bad(start: number, end: number, base: number, code: BadRowCode, reason: string): void {
    this.#options.builder.bad.add(this.#options.fileId, this.#line, base + start, end - start, code, reason);
  }

  #advance(bytes: Uint8Array, from: number, to: number): number {
    this.#line += countByte(bytes, from, to, lineFeed);
    return to;
  }
}

/** Names of namespace 14 in `<siteinfo>`. */
export function categoryNamespaces(siteinfo: string): string[] {
  return [...siteinfo.matchAll(/<namespace\b[^>]*\bkey="14"[^>]*>([^<]*)</gu)]
    .map(([, name = '']) => name.trim())
    .filter((name) => name !== '');
}

/** No export defines entities; a file that does may expand into gigabytes, so none is ever expanded. */
export const entityDefinitions = (name: string) =>
  new CorpusError(
    'xml-entities',
    `${name} brings a document type of its own (<!DOCTYPE>), which may define entities. Verbena expands none.`,
    'MediaWiki exports have none: fetch the file again from a place you trust, or take the <!DOCTYPE ...> out of it.',
  );
