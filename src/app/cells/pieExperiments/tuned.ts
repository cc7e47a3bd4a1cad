import { throwIfAborted } from '../../../base/progress.ts';
import { random } from '../../../base/random.ts';
import { categoryKey, parseCategories } from '../../../core/verbNoun/category.ts';
import type { EmbeddingParameters, TuningParameters } from '../../../notebook/parameters.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import type {
  TunedEncoder,
  TuningData,
  TuningReport,
  TuningRequest,
} from '../../../services/embedderTuner/contract.ts';
import { session } from '../../session.ts';
import { readingOf, refreshEncoders, requestOf, tunerService } from '../tuning/store.ts';

/** How encoders that experiments tune for themselves are told from the user's. */
const mark = 'Experiment · ';

export const isExperimentsOwn = ({ name }: Pick<TunedEncoder, 'name'>): boolean => name.startsWith(mark);

/** Half of the categories, drawn by name and nothing else: what tuning does not see, and tests are about. */
export function heldOutCategories(names: readonly string[]): ReadonlySet<string> {
  const all = [...new Set(names)].toSorted();
  const places = random(13, 4).shuffle(Uint32Array.from(all, (_, i) => i));
  return new Set(Array.from(places.subarray(0, Math.ceil(all.length / 2)), (at) => all[at] ?? ''));
}

/** Texts of the categories that are not held out. */
export function tuningDataOf(texts: readonly string[], names: readonly string[]): TuningData {
  const heldOut = heldOutCategories(names);
  const rows = names.flatMap((name, row) => (heldOut.has(name) ? [] : [row]));
  const pairOf = (name: string) => {
    const [first] = parseCategories(name);
    return first ? categoryKey(first) : name;
  };
  return {
    texts: rows.map((row) => texts[row] ?? ''),
    pairs: rows.map((row) => pairOf(names[row] ?? '')),
    categories: rows.map((row) => names[row] ?? ''),
  };
}

/**
 * The encoder that an experiment asks for, tuned now unless this browser keeps it: what was stopped or cut off by a reload goes on where
 * it stood. Says how the embedding cell reads it. Throws what tuning throws, `aborted`.
 */
export async function tunedReading(
  tune: TuningParameters,
  data: TuningData,
  { signal, onProgress }: RunContext,
): Promise<Partial<EmbeddingParameters>> {
  const service = tunerService();
  const plain = requestOf(tune, data, session.getState().corpus?.dataHash ?? '');
  const word = tune.hardNegatives ? 'with' : 'without';
  const request = { ...plain, name: `${mark}${word} hard negatives · ${plain.name}` };
  const kept = (await service.list()).find((encoder) => isOf(encoder, request));
  if (kept?.state === 'done') return readingOf(kept);
  const onReport = (event: TuningReport) => {
    const last = event.kind === 'steps' ? event.points.at(-1) : undefined;
    if (event.kind === 'steps' && last)
      onProgress({ phase: 'tuning', done: last.step, total: event.totalSteps, unit: 'steps' }, event.etaMs);
  };
  const before = (progress: Parameters<typeof onProgress>[0]) => {
    if (progress.phase !== 'tuning') onProgress(progress);
  };
  try {
    const made = kept
      ? await service.resume(kept.id, onReport, before, signal)
      : await service.start(request, data, onReport, before, signal);
    // Stopped: kept as far as it came, and asked for again when the experiment goes on.
    throwIfAborted(signal);
    return readingOf(made);
  } finally {
    await refreshEncoders().catch(() => undefined);
  }
}

/** Same data, settings and seed make the same encoder: nothing is tuned twice. */
function isOf(encoder: TunedEncoder, request: TuningRequest): boolean {
  const keys = ['name', 'template', 'maxLength', 'seed', 'dataHash'] as const;
  return (
    keys.every((key) => encoder[key] === request[key]) &&
    JSON.stringify(sorted(encoder.settings)) === JSON.stringify(sorted(request.settings))
  );
}

const sorted = (settings: object) => Object.entries(settings).toSorted(([a], [b]) => (a < b ? -1 : 1));
