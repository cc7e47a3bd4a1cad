import { expect, it } from 'vitest';
import { matchesShortcut, numberShortcut } from './shortcuts.ts';

const press = (key: string, held: Partial<Parameters<typeof matchesShortcut>[0]> = {}) => ({
  key,
  code: /^\d$/.test(key) ? `Digit${key}` : `Key${key.toUpperCase()}`,
  metaKey: false,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  target: null,
  ...held,
});

it('gives numbers to the first nine cells only: each can be pressed, and is its own', () => {
  const shortcuts = Array.from({ length: 21 }, (_, place) => numberShortcut(place));
  const given = shortcuts.filter((shortcut) => shortcut !== undefined);
  expect(given).toHaveLength(9);
  for (const [at, shortcut] of given.entries())
    expect(given.filter((one) => matchesShortcut(press(String(at + 1), { altKey: true }), one))).toEqual([
      shortcut,
    ]);
});

it('knows a digit that Alt makes another character, and keys with all that is held', () => {
  expect(matchesShortcut(press('¡', { code: 'Digit1', altKey: true }), 'alt+1')).toBe(true);
  expect(matchesShortcut(press('1'), 'alt+1')).toBe(false);
  expect(matchesShortcut(press('Z', { ctrlKey: true, shiftKey: true }), 'mod+shift+Z')).toBe(true);
  expect(matchesShortcut(press('Z', { ctrlKey: true, shiftKey: true }), 'mod+Z')).toBe(false);
});
