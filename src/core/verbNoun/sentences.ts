// Categories stand at the start of an instruction; what follows is often pasted input. So few characters and few sentences are read.
const longestRead = 600;
const mostSentences = 6;

const boundary = /(?<=[.?!]["'”’)]?)\s+(?=[\p{L}"“'(\d])|\n+|(?<=;)\s+/u;
const abbreviation = /(?:\b(?:e\.g|i\.e|etc|vs|mr|mrs|ms|dr|st|no|u\.s)\.|\b\p{Lu}\.)$/iu;
const bullet = /^\s*(?:\(?\d{1,2}[.)]|[-*•]|(?:task|question|instructions?|prompt|q|step \d+)\s*:)\s*/iu;

/** The first sentences of a text, bullets and "Task:" taken off. */
export function sentences(text: string): string[] {
  const parts = text.slice(0, longestRead).trim().split(boundary);
  const found: string[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (last !== undefined && abbreviation.test(last)) found[found.length - 1] = `${last} ${part}`;
    else if (part.trim() !== '') found.push(part);
  }
  return found.slice(0, mostSentences).map((part) =>
    part
      .replace(bullet, '')
      .replace(/^["“'(]+/u, '')
      .trim(),
  );
}
