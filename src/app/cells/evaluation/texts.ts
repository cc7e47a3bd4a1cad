import { createStore } from 'zustand/vanilla';
import { corpusService } from '../../services.ts';

// Texts of the rows on screen, fetched in batches a moment after they came into view; forgotten when the data changes.

interface Texts {
  readonly dataHash: string;
  readonly byRow: ReadonlyMap<number, string>;
}

const empty: Texts = { dataHash: '', byRow: new Map() };
const store = createStore<Texts>(() => empty);

/** As many as a long look through a list needs. */
const keptTexts = 5000;

const wanted = new Set<number>();
let timer: ReturnType<typeof setTimeout> | null = null;

export const textStore = store;

/** Asks for texts of corpus rows; they arrive in the store. */
export function wantTexts(dataHash: string, rows: readonly number[]): void {
  if (store.getState().dataHash !== dataHash) {
    wanted.clear();
    store.setState({ ...empty, dataHash });
  }
  const { byRow } = store.getState();
  for (const row of rows) if (!byRow.has(row)) wanted.add(row);
  if (wanted.size > 0) timer ??= setTimeout(() => void fetchWanted(dataHash), 30);
}

async function fetchWanted(dataHash: string): Promise<void> {
  timer = null;
  const rows = Uint32Array.from(wanted);
  wanted.clear();
  const texts = await corpusService()
    .texts(rows)
    // A row that cannot be read any more (a moved file) is said so in its place; the list goes on.
    .catch((error: unknown) => Array.from(rows, () => unreadable(error)));
  const { dataHash: current, byRow } = store.getState();
  if (current !== dataHash) return;
  const next = new Map(byRow.size + rows.length > keptTexts ? [] : byRow);
  rows.forEach((row, i) => next.set(row, texts[i] ?? ''));
  store.setState({ byRow: next });
}

function unreadable(error: unknown): string {
  return `(This text cannot be read: ${error instanceof Error ? error.message : String(error)})`;
}
