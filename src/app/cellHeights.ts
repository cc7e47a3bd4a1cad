import { cellIds, type CellId } from '../notebook/cells.ts';
import { keepSetting, readJsonSetting } from './localSettings.ts';

const key = 'verbena.heights';

/** Of a cell that says what it is for and waits for its first run, CSS pixels at full width. */
const ofEmptyCells: Readonly<Record<CellId, number>> = {
  dataset: 436,
  labels: 285,
  advisor: 357,
  split: 409,
  text: 489,
  training: 549,
  evaluation: 521,
  experiments: 1487,
  comparison: 700,
  predict: 325,
  instructions: 451,
  embedding: 409,
  tuning: 629,
  clusters: 481,
  uses: 673,
  pieExperiments: 846,
  incubator: 783,
  generatorTuning: 1139,
  classifiers: 481,
  mining: 550,
  incubatorExperiments: 769,
};

let kept: Readonly<Partial<Record<string, number>>> | null = null;

function keptHeights() {
  if (kept) return kept;
  const read = readJsonSetting(key);
  kept = typeof read === 'object' && read !== null ? (read as Partial<Record<string, number>>) : {};
  return kept;
}

/** As high as a cell was when the page was last left: what stands in for it leaves the page where it is. CSS pixels. */
export function heightOf(cell: CellId): number {
  const height = keptHeights()[cell];
  return typeof height === 'number' && height > 0 ? height : ofEmptyCells[cell];
}

/** Keeps the heights of the cells that are drawn, for the next visit. */
export function keepHeights(): void {
  const drawn = cellIds.flatMap((id) => {
    const element = document.querySelector(`[data-cell="${id}"]:not([aria-busy])`);
    return element ? [[id, Math.round(element.getBoundingClientRect().height)] as const] : [];
  });
  keepSetting(key, JSON.stringify({ ...keptHeights(), ...Object.fromEntries(drawn) }));
}
