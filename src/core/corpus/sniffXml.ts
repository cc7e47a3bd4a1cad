import { emptyFile, noArticles, unknownFormat } from './errors.ts';
import { parsePage } from './mediaWikiPage.ts';
import { categoryNamespaces, entityDefinitions } from './mediaWikiReader.ts';
import { mediaWikiColumns, previewRow } from './mediaWikiRow.ts';
import type { RowUnit } from './mapping.ts';
import { wikiArticle, type WikiArticle } from './wikiArticle.ts';
import { findPage } from './xmlPages.ts';

const utf8 = new TextDecoder();

export interface XmlTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What a row should be made of, as the articles are. */
  readonly rowUnit: RowUnit;
  readonly notes: readonly string[];
}

/**
 * Looks into the begin of an XML file. `rowUnit`: null to choose by the articles. Throws `xml-entities`, `format-unknown` (XML
 * that is no MediaWiki export, HTML), `header-only` (a whole export without an article).
 */
export function sniffXml(
  name: string,
  bytes: Uint8Array,
  isWhole: boolean,
  rowUnit: RowUnit | null,
  limit: number,
): XmlTable {
  if (bytes.length === 0) throw emptyFile(name);
  const begin = utf8.decode(bytes.subarray(0, 4000));
  const root = /^(?:\s|<\?[^>]*\?>|<!--[^]*?-->)*<(!?[\w:-]+)/u.exec(begin)?.[1]?.toLowerCase();
  if (root === 'html' || /^(?:\s|<!--[^]*?-->)*<!doctype\s+html/iu.test(begin))
    throw unknownFormat(name, 'an HTML page (perhaps the page around a download, not the download)');
  if (root === '!doctype') throw entityDefinitions(name);
  if (root !== 'mediawiki' && root !== 'page' && root !== 'siteinfo')
    throw unknownFormat(name, `XML, but not a MediaWiki export${root ? ` (its root is <${root}>)` : ''}`);
  const articles: WikiArticle[] = [];
  let names: readonly string[] = [];
  for (let at = 0; articles.length < limit;) {
    const token = findPage(bytes, at, isWhole, false);
    if (token.kind === 'doctype') throw entityDefinitions(name);
    if (token.kind === 'more' || token.kind === 'none') break;
    at = token.end;
    const xml = utf8.decode(bytes.subarray(token.start, token.end));
    if (token.kind === 'siteinfo') names = categoryNamespaces(xml);
    if (token.kind !== 'page') continue;
    try {
      const page = parsePage(xml);
      if (page.title !== '' && !page.isRedirect && page.namespace === 0)
        articles.push(wikiArticle(page, names));
    } catch {
      // The index pass counts pages that are not well-formed.
    }
  }
  if (isWhole && articles.length === 0) throw noArticles(name);
  const withSteps = articles.filter(({ methods }) => methods.length > 0).length;
  const hasSteps = withSteps > articles.length * 0.5;
  const unit = rowUnit ?? (hasSteps ? 'method' : 'record');
  return {
    columns: mediaWikiColumns[unit],
    rows: articles
      .filter(({ methods }) => unit === 'record' || methods.length > 0)
      .map((article) => previewRow(article, unit)),
    rowUnit: unit,
    notes: [
      hasSteps || articles.length === 0
        ? 'A MediaWiki export of how-to articles: rows are methods with their steps; the labels are the categories.'
        : 'A MediaWiki export: rows are whole articles; the labels are the categories.',
      'Redirects and pages outside the main namespace are passed over and counted.',
    ],
  };
}
