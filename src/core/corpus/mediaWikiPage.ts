import { SaxesParser } from 'saxes';

/** One `<page>` of a MediaWiki XML export. */
export interface MediaWikiPage {
  readonly title: string;
  /** Namespace number: 0 articles, 14 categories; 0 where an old export names none. */
  readonly namespace: number;
  readonly isRedirect: boolean;
  /** Wikitext of the last revision in the page. */
  readonly wikitext: string;
}

/** A page whose XML is not well-formed; the message says where. */
export class PageSyntaxError extends Error {}

/**
 * Parses one page. Only the five entities of XML and numeric ones are known: a page cannot define its own. Throws
 * `PageSyntaxError`.
 */
export function parsePage(xml: string): MediaWikiPage {
  const parser = new SaxesParser({ fragment: false, position: false });
  const path: string[] = [];
  let title = '';
  let namespace = '';
  let text = '';
  let isRedirect = false;
  const collect = (content: string) => {
    const depth = path.length;
    const element = path[depth - 1];
    if (element === 'text' && path[depth - 2] === 'revision') text += content;
    else if (depth !== 2) return;
    else if (element === 'title') title += content;
    else if (element === 'ns') namespace += content;
  };
  parser.on('error', (error) => {
    throw new PageSyntaxError(error.message.replace(/^\d+:\d+:\s*/u, ''));
  });
  parser.on('opentag', ({ name }) => {
    path.push(name);
    if (name === 'redirect' && path.length === 2) isRedirect = true;
    if (name === 'text') text = '';
  });
  parser.on('closetag', () => void path.pop());
  parser.on('text', collect);
  parser.on('cdata', collect);
  parser.write(xml).close();
  // Exports from before 2012 have no <redirect/>: the text says it.
  isRedirect ||=
    /^\s*#(?:redirect|weiterleitung|redirection|redirección|redirecionamento|rinvia|перенаправление|重定向|転送)\s*:?\s*\[\[/iu.test(
      text.slice(0, 200),
    );
  return { title: title.trim(), namespace: Number(namespace.trim()) || 0, isRedirect, wikitext: text };
}
