import { categoryName, cleanWikitext } from './wikitext.ts';
import type { MediaWikiPage } from './mediaWikiPage.ts';

export interface WikiMethod {
  /** The heading of a method or part; empty where an article has one list of steps. */
  readonly name: string;
  readonly steps: readonly string[];
}

export interface WikiArticle {
  readonly title: string;
  readonly introduction: string;
  readonly methods: readonly WikiMethod[];
  /** Everything below the title as prose, headings included. */
  readonly text: string;
  /** Distinct, in their order. */
  readonly categories: readonly string[];
}

/** What the category namespace is called where the export's head does not say. */
const categoryWords = [
  'category', 'kategorie', 'catégorie', 'categoría', 'categoria', 'categorie', 'kategoria', 'kategori', 'категория',
  'категорія', 'luokka', 'kategória', 'κατηγορία', '分类', '分類', 'カテゴリ', '분류', 'تصنيف', 'thể loại', 'หมวดหมู่', 'श्रेणी',
]; // prettier-ignore
const mediaWords = new Set([
  'file', 'image', 'media', 'datei', 'bild', 'fichier', 'archivo', 'imagen', 'ficheiro', 'imagem', 'immagine', 'bestand',
  'afbeelding', 'plik', 'grafika', 'файл', 'изображение', 'ファイル', '画像', '文件', '파일', 'ملف',
]); // prettier-ignore
/** Headings over the steps of a how-to article, in the languages wikiHow has. */
const stepHeadings =
  /^(?:steps?|schritte?|vorgehensweise|étapes?|pasos?|passos?|passaggi|stappen|kroki|шаги|langkah|các bước|步骤|步驟|手順|ステップ|단계|الخطوات|चरण|ขั้นตอน|kroky|adımlar)$/iu;

/** Whether a link prefix names categories; `names`: what the export's head calls them. */
export function categoryTest(names: readonly string[]): (prefix: string) => boolean {
  const known = new Set([...categoryWords, ...names.map((name) => name.toLowerCase())]);
  return (prefix) => known.has(prefix);
}

/** The categories alone: of a category page these are the topics above it. */
export function pageCategories(page: MediaWikiPage, names: readonly string[]): string[] {
  return [...new Set(cleanWikitext(page.wikitext, categoryTest(names), isMedia).categories)];
}

/** `Category:Baking` -> `Baking`. */
export function categoryOfTitle(title: string): string {
  return categoryName(title.slice(title.indexOf(':') + 1));
}

const isMedia = (prefix: string) => mediaWords.has(prefix);

/**
 * Reads an article's wikitext. Steps are the numbered items under a heading such as `== Steps ==`, or of the whole article where
 * there is none; a heading below it begins a method or part. Indented and bulleted lines under a step belong to it.
 */
export function wikiArticle(page: MediaWikiPage, categoryNames: readonly string[]): WikiArticle {
  const { text, categories } = cleanWikitext(page.wikitext, categoryTest(categoryNames), isMedia);
  const lines = text.split('\n');
  const headings = lines.map(headingOf);
  const stepsAt = headings.findIndex((heading) => heading !== null && stepHeadings.test(heading.name));
  const level = stepsAt < 0 ? 0 : (headings[stepsAt]?.level ?? 0);
  const introduction: string[] = [];
  const prose: string[] = [];
  const methods: { name: string; steps: string[] }[] = [];
  let method = { name: '', steps: [] as string[] };
  let isIntroduction = true;
  let inSteps = stepsAt < 0;
  for (const [i, line] of lines.entries()) {
    const heading = headings[i];
    if (heading) {
      isIntroduction = false;
      prose.push(heading.name);
      if (stepsAt >= 0 && heading.level <= level) inSteps = i === stepsAt;
      if (method.steps.length > 0) methods.push(method);
      method = { name: i === stepsAt ? '' : heading.name, steps: [] };
      continue;
    }
    const mark = /^[#*:;]*/u.exec(line)?.[0] ?? '';
    const words = line.slice(mark.length).trim();
    if (words === '') continue;
    prose.push(words);
    if (isIntroduction && !(inSteps && mark.startsWith('#'))) introduction.push(words);
    if (!inSteps || !mark.startsWith('#')) continue;
    const last = method.steps.length - 1;
    if (mark.length === 1 || last < 0) method.steps.push(words);
    else method.steps[last] = `${method.steps[last] ?? ''} ${words}`;
  }
  if (method.steps.length > 0) methods.push(method);
  return {
    title: page.title,
    introduction: introduction.join('\n'),
    methods,
    text: prose.join('\n'),
    categories: [...new Set(categories)],
  };
}

function headingOf(line: string): { level: number; name: string } | null {
  if (!line.startsWith('=')) return null;
  const trimmed = line.trimEnd();
  let level = 0;
  while (level < 6 && trimmed[level] === '=' && trimmed[trimmed.length - 1 - level] === '=') level++;
  const name = trimmed.slice(level, trimmed.length - level).trim();
  return level > 0 && trimmed.length > 2 * level && name !== '' ? { level, name } : null;
}
