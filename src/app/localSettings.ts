// Small choices of this browser, such as the theme. Browsers may forbid a page even to ask for its storage: nothing is remembered then,
// and everything works.

/** What was kept under a key; null where nothing was, or where it cannot be read. */
export function readSetting(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** The same as JSON; null also for what is none. */
export function readJsonSetting(key: string): unknown {
  try {
    return JSON.parse(readSetting(key) ?? 'null') as unknown;
  } catch {
    return null;
  }
}

export function keepSetting(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Not remembered, then.
  }
}
