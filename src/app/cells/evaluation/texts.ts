import { createStore } from 'zustand/vanilla';
import { corpusService } from '../../services.ts';

// Texts of the rows on screen, fetched in batches a moment after they came into view; forgotten when the data changes.

interface Texts {
  readonly dataHash: string;
  readonly byRow: ReadonlyMap<number, string>;
}

/** As many as a long look through a list needs. */
const keptTexts = 5000;
/** Rows that come into view within so long are asked for together. */
const gatherMs = 30;

/** A store of texts by corpus row, and how to ask for some; `read` reads rows of the data that is open. */
export function createTexts(read: (rows: Uint32Array) => Promise<readonly string[]>) {
  const empty: Texts = { dataHash: '', byRow: new Map() };
  const store = createStore<Texts>(() => empty);
  const wanted = new Set<number>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  async function fetchWanted(): Promise<void> {
    timer = null;
    // Of the data that is asked about now: it may be other data than when the timer was set.
    const { dataHash } = store.getState();
    const rows = Uint32Array.from(wanted);
    wanted.clear();
    // A row that cannot be read any more (a moved file) is said so in its place; the list goes on.
    const texts = await read(rows).catch((error: unknown) => Array.from(rows, () => unreadable(error)));
    const { dataHash: current, byRow } = store.getState();
    if (current !== dataHash) return;
    const next = new Map(byRow.size + rows.length > keptTexts ? [] : byRow);
    rows.forEach((row, i) => next.set(row, texts[i] ?? ''));
    store.setState({ byRow: next });
  }

  return {
    store,
    /** Asks for texts of corpus rows; they arrive in the store. */
    want(dataHash: string, rows: readonly number[]): void {
      if (store.getState().dataHash !== dataHash) {
        wanted.clear();
        store.setState({ ...empty, dataHash });
      }
      const { byRow } = store.getState();
      for (const row of rows) if (!byRow.has(row)) wanted.add(row);
      if (wanted.size > 0) timer ??= setTimeout(() => void fetchWanted(), gatherMs);
    },
  };
}

function unreadable(error: unknown): string {
  return `(This text cannot be read: ${error instanceof Error ? error.message : String(error)})`;
}

export const { store: textStore, want: wantTexts } = createTexts((rows) => corpusService().texts(rows));
