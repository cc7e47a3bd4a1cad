/** Lower case by Unicode's default mapping, whatever the browser's language (a Turkish one must not turn I into ı). */
export function lowercase(text: string): string {
  return text.toLowerCase();
}
