/**
 * The first key that stands twice in one object of a valid JSON text, or null. `JSON.parse` keeps the last of them
 * silently, which is how one safetensors header can mean two things to two readers.
 */
export function duplicateKey(json: string): string | null {
  const open: (Set<string> | null)[] = [];
  // Strings are whole tokens, so braces inside them do not count.
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = tokens.exec(json); match !== null; match = tokens.exec(json)) {
    const token = match[0];
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (match[1] !== undefined) {
      const key = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}
