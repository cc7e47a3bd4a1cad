import type { TuningPair } from '../../core/incubator/tuningSet/types.ts';
import { classifierKey, type KeptClassifier, type KeptScores } from '../../services/miner/storage.ts';
import type { KeptAdapter } from '../adapters.ts';
import type { DocumentStorage } from '../autosave.ts';
import type { NotebookDocument } from '../document.ts';
import { referenceOutputsKey } from '../keys.ts';
import { parseDocument } from '../readDocument.ts';
import type { StoredGenerations } from '../generations/types.ts';
import { BundleError, invalidPart } from './errors.ts';
import { notebookPath, type ManifestPart } from './manifest.ts';
import type { PartKind } from './member.ts';
import { readAdapter } from './parts/adapters.ts';
import { readClassifier } from './parts/classifiers.ts';
import { dataFolder } from './parts/data.ts';
import { encoderFolder } from './parts/encoders.ts';
import { readPairs } from './parts/pairs.ts';
import { readReference, runFolder } from './parts/runs.ts';
import { readScores } from './parts/scores.ts';
import { readSet } from './parts/sets.ts';
import { planFolder, type PlannedFile, type SkippedPart } from './planFolder.ts';
import type { OpenBundle } from './read.ts';
import type { BundleStores } from './stores.ts';

/** All that opening a file will write, read and checked before the first byte is. */
export interface RestorePlan {
  readonly document: NotebookDocument;
  readonly sets: readonly StoredGenerations[];
  readonly pairs: readonly TuningPair[];
  readonly adapters: readonly KeptAdapter[];
  readonly classifiers: ReadonlyMap<string, KeptClassifier>;
  readonly scores: ReadonlyMap<string, KeptScores>;
  readonly values: ReadonlyMap<string, unknown>;
  readonly files: readonly PlannedFile[];
  readonly added: Readonly<Partial<Record<PartKind, number>>>;
  readonly skipped: readonly SkippedPart[];
}

/**
 * Reads every part of a file and compares it with what is here. `damaged`: members that are not what was saved, of parts that can be made
 * again. Throws `bundle-invalid`, `bundle-damaged`, what reading a notebook throws.
 */
export async function planRestore(
  bundle: OpenBundle,
  stores: BundleStores,
  damaged: ReadonlySet<string>,
): Promise<RestorePlan> {
  const planning = begin(bundle, stores, parseDocument(await bundle.text(notebookPath)));
  for (const part of bundle.manifest.parts) await planPart(planning, part);
  for (const folder of [runFolder, encoderFolder, dataFolder]) {
    const parts = bundle.manifest.parts.filter(({ kind }) => folder.kinds.includes(kind));
    for (const id of new Set(parts.map((part) => part.id))) {
      const own = parts.filter((part) => part.id === id);
      await planFolder(planning, folder, own);
    }
  }
  // When it is known which classifiers there will be.
  for (const part of bundle.manifest.parts.filter(({ kind }) => kind === 'scores'))
    await planScores(planning, part, damaged);
  return planning.plan;
}

/** An empty plan, and how it fills. */
function begin(bundle: OpenBundle, stores: BundleStores, document: NotebookDocument) {
  const plan = {
    document,
    sets: [] as StoredGenerations[],
    pairs: [] as readonly TuningPair[],
    adapters: [] as KeptAdapter[],
    classifiers: new Map<string, KeptClassifier>(),
    scores: new Map<string, KeptScores>(),
    values: new Map<string, unknown>(),
    files: [] as PlannedFile[],
    added: {} as Partial<Record<PartKind, number>>,
    skipped: [] as SkippedPart[],
  };
  const count = ({ kind }: Pick<ManifestPart, 'kind'>) => {
    plan.added[kind] = (plan.added[kind] ?? 0) + 1;
  };
  const skip = ({ kind, name }: ManifestPart, why: SkippedPart['why']) => {
    plan.skipped.push({ kind, name, why });
  };
  /** Plans a value, unless the store has one under its key. */
  const addTo = async <Value>(
    planned: Map<string, Value>,
    store: Pick<DocumentStorage, 'get'>,
    [key, value]: readonly [string, Value],
    part: ManifestPart,
  ) => {
    if ((await store.get(key)) !== undefined) skip(part, 'here');
    else {
      planned.set(key, value);
      count(part);
    }
  };
  return { bundle, stores, plan, count, skip, addTo };
}

type Planning = ReturnType<typeof begin>;

/** What each of these parts holds is read by itself. */
async function planPart({ bundle, stores, plan, count, addTo }: Planning, part: ManifestPart): Promise<void> {
  const named = memberNamed(part);
  const folder = folderOf(part);
  switch (part.kind) {
    case 'set': {
      const [record, replies] = [
        await bundle.text(named('set.json')),
        await bundle.text(named('replies.jsonl')),
      ];
      const set = readSet(folder, record, replies);
      if (set.record.id !== part.id) throw invalidPart(`${folder}/set.json`, 'it is of another set');
      plan.sets.push(set);
      count(part);
      break;
    }
    case 'pairs':
      plan.pairs = readPairs('tuning-pairs.jsonl', await bundle.text(named('tuning-pairs.jsonl')));
      count(part);
      break;
    case 'classifier': {
      const numbers = part.members.find((path) => path.endsWith('/model.safetensors'));
      const kept = await readClassifier(
        folder,
        await bundle.text(named('classifier.json')),
        numbers === undefined ? null : await bundle.blob(numbers),
      );
      if (kept.card.id !== part.id)
        throw invalidPart(`${folder}/classifier.json`, 'it is of another classifier');
      await addTo(plan.classifiers, stores.classifiers, [classifierKey(part.id), kept], part);
      break;
    }
    case 'adapter': {
      const note = await bundle.text(named('adapter.json'));
      const config = await bundle.text(named('adapter_config.json'));
      const weights = await bundle.blob(named('adapter_model.safetensors'));
      plan.adapters.push(await readAdapter(folder, note, config, weights));
      count(part);
      break;
    }
    case 'reference': {
      const path = named('outputs.safetensors');
      const outputs = await readReference(path, await bundle.blob(path));
      await addTo(plan.values, stores.values, [referenceOutputsKey(part.id), outputs], part);
      break;
    }
    default:
      // In folders, or scores: parts of one folder belong together, and scores need classifiers.
      break;
  }
}

async function planScores(
  { bundle, stores, plan, skip, addTo }: Planning,
  part: ManifestPart,
  damaged: ReadonlySet<string>,
): Promise<void> {
  const classifierOf = async (id: string) =>
    plan.classifiers.get(classifierKey(id)) ??
    ((await stores.classifiers.get(classifierKey(id))) as KeptClassifier | undefined) ??
    null;
  if (part.members.some((path) => damaged.has(path))) {
    skip(part, 'damaged');
    return;
  }
  try {
    const path = memberNamed(part)('scores.safetensors');
    const { key, scores } = await readScores(path, part.id, await bundle.blob(path), classifierOf);
    await addTo(plan.scores, stores.classifiers, [key, scores], part);
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    skip(part, 'damaged');
  }
}

function memberNamed(part: ManifestPart): (name: string) => string {
  return (name) => {
    const path = part.members.find((one) => one === name || one.endsWith(`/${name}`));
    if (path === undefined) throw invalidPart(`${folderOf(part)}/${name}`, 'it is missing');
    return path;
  };
}

function folderOf({ kind, id, members }: ManifestPart): string {
  const [first] = members;
  const cut = first?.lastIndexOf('/') ?? -1;
  return first && cut > 0 ? first.slice(0, cut) : `${kind} ${id}`;
}
