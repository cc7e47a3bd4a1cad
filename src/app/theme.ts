import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { keepSetting, readSetting } from './localSettings.ts';

export type ThemePreference = 'system' | 'light' | 'dark';
export type Theme = 'light' | 'dark';

const storageKey = 'verbena/theme';

function storedPreference(): ThemePreference {
  const stored = readSetting(storageKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

const preference = createStore<{ value: ThemePreference }>(() => ({ value: storedPreference() }));

/** Chooses light, dark or the system's; remembered in this browser. */
function setTheme(value: ThemePreference): void {
  preference.setState({ value });
  keepSetting(storageKey, value);
  applyTheme();
}

/** system -> light -> dark -> system. */
export function nextTheme(): ThemePreference {
  const order: readonly ThemePreference[] = ['system', 'light', 'dark'];
  const next = order[(order.indexOf(preference.getState().value) + 1) % order.length] as ThemePreference;
  setTheme(next);
  return next;
}

/** Writes the choice where the style sheet looks for it. Called once before the first render. */
export function applyTheme(): void {
  const { value } = preference.getState();
  if (value === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = value;
}

const dark = () => matchMedia('(prefers-color-scheme: dark)');

/** The theme in force, for what cannot read CSS (plots). */
export function useTheme(): Theme {
  const chosen = useStore(preference, ({ value }) => value);
  const [system, setSystem] = useState<Theme>(dark().matches ? 'dark' : 'light');
  useEffect(() => {
    const query = dark();
    const follow = () => setSystem(query.matches ? 'dark' : 'light');
    query.addEventListener('change', follow);
    return () => query.removeEventListener('change', follow);
  }, []);
  return chosen === 'system' ? system : chosen;
}

export function useThemePreference(): ThemePreference {
  return useStore(preference, ({ value }) => value);
}
