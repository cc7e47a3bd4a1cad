/** Throws where bytes are no UTF-8. A byte order mark is text like any other: offsets count it. */
export const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Puts U+FFFD in place of what is no UTF-8. */
export const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });
