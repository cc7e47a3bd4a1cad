// Shortcuts as commands name them: keys joined by `+`, `mod` for Ctrl, or Command on a Mac.

// Node, where tests press keys, may have no navigator.
const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? '');

/** `mod+shift+Z` -> `⇧⌘Z` or `Ctrl+Shift+Z`. */
export function shortcutText(shortcut: string | undefined): string | undefined {
  if (!shortcut) return undefined;
  const parts = shortcut.split('+');
  if (!isMac)
    return parts.map((part) => ({ mod: 'Ctrl', shift: 'Shift', alt: 'Alt' })[part] ?? part).join('+');
  return parts.map((part) => ({ mod: '⌘', shift: '⇧', alt: '⌥', Enter: '↩' })[part] ?? part).join('');
}

/** `alt` and a digit for the first nine of a list; there are no keys for the others. */
export function numberShortcut(place: number): string | undefined {
  return place < 9 ? `alt+${place + 1}` : undefined;
}

type KeyPress = Pick<
  KeyboardEvent,
  'key' | 'code' | 'metaKey' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'target'
>;

/** True where a key press is this shortcut. Single keys count only outside of text fields. */
export function matchesShortcut(event: KeyPress, shortcut: string): boolean {
  const parts = shortcut.split('+');
  const key = parts.at(-1) ?? '';
  const wanted = { mod: parts.includes('mod'), shift: parts.includes('shift'), alt: parts.includes('alt') };
  const hasMod = isMac ? event.metaKey : event.ctrlKey;
  // `?` needs Shift on most keyboards; digits may be other characters under Alt.
  const isKey = event.key.toLowerCase() === key.toLowerCase() || (wanted.alt && event.code === `Digit${key}`);
  if (!isKey || hasMod !== wanted.mod || event.altKey !== wanted.alt) return false;
  if (key !== '?' && event.shiftKey !== wanted.shift) return false;
  return wanted.mod || wanted.alt || !isTyping(event.target);
}

/** Whether keys that are pressed there write. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
