import { afterEach, expect, it, vi } from 'vitest';
import { keepSetting, readJsonSetting, readSetting } from './localSettings.ts';

afterEach(() => vi.unstubAllGlobals());

it('remembers nothing, and breaks nothing, where the browser forbids storage', () => {
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new DOMException('The request was denied.', 'SecurityError');
    },
    setItem: () => {
      throw new DOMException('The request was denied.', 'SecurityError');
    },
  });
  keepSetting('verbena/theme', 'dark');
  expect(readSetting('verbena/theme')).toBeNull();
  expect(readJsonSetting('verbena.folded')).toBeNull();
});

it('reads what is no JSON as nothing', () => {
  vi.stubGlobal('localStorage', { getItem: () => '[cut o' });
  expect(readJsonSetting('verbena.folded')).toBeNull();
});
