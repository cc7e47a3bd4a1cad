import type { TuningPair } from '../../core/incubator/tuningSet/types.ts';
import { tunedFolder } from '../../models/files/sources.ts';
import { classifierKey, type KeptClassifier } from '../../services/miner/storage.ts';
import type { KeptAdapter } from '../adapters.ts';
import type { NotebookDocument } from '../document.ts';
import { parseDocument } from '../readDocument.ts';
import type { StoredGenerations } from '../generations/types.ts';
import { invalidPart } from './errors.ts';
import { notebookPath, type ManifestPart } from './manifest.ts';
import type { PartKind } from './member.ts';
import { readAdapter } from './parts/adapters.ts';
import { readClassifier } from './parts/classifiers.ts';
import { checkDataManifest, isDataFile, keptFolder } from './parts/data.ts';
import { checkEncoderRecord, encoderPartOf } from './parts/encoders.ts';
import { readPairs } from './parts/pairs.ts';
import {
  checkRunRecord,
  isRunInputs,
  readReference,
  runDataFile,
  textlessFile,
  referenceOutputsKey,
  runInputsKey,
  runPartOf,
  runsFolder,
} from './parts/runs.ts';
import { parsed, readSet } from './parts/sets.ts';
import type { OpenBundle } from './read.ts';
import type { BundleStores } from './stores.ts';

export interface SkippedPart {
  readonly kind: PartKind;
  readonly name: string;
  /** `here`: this browser has it. `differs`: it has another state of it. `no-files`: it keeps no files. */
  readonly why: 'here' | 'differs' | 'no-files';
}

/** All that opening a file will write, read and checked before the first byte is. */
export interface RestorePlan {
  readonly document: NotebookDocument;
  readonly sets: readonly StoredGenerations[];
  readonly pairs: readonly TuningPair[];
  readonly adapters: readonly KeptAdapter[];
  readonly classifiers: ReadonlyMap<string, KeptClassifier>;
  readonly values: ReadonlyMap<string, unknown>;
  readonly files: readonly {
    readonly member: string;
    readonly target: string;
    readonly bytes: number;
    /** Made for this file: what an undo takes away. Null: it was there, and only the file goes. */
    readonly folder: string | null;
    /** What stood there: an undo puts it back. */
    readonly replaces: Blob | null;
  }[];
  readonly added: Readonly<Partial<Record<PartKind, number>>>;
  readonly skipped: readonly SkippedPart[];
}

/** Kinds whose files go to one folder, the kind of its record first. */
const folders = [
  { kinds: ['run', 'run-weights', 'run-resume'], zip: 'runs', record: 'run.json' },
  { kinds: ['encoder', 'encoder-resume'], zip: 'encoders', record: 'tuning.json' },
  { kinds: ['data'], zip: 'data', record: 'manifest.json' },
] as const;

const targetOf = {
  runs: (id: string) => `${runsFolder}/${id}`,
  encoders: (id: string) => tunedFolder(id),
  data: (id: string) => `${keptFolder}/${id}`,
} as const;

/** Reads every part of a file and compares it with what is here. Throws `bundle-invalid`, `bundle-damaged`, what reading a notebook throws. */
export async function planRestore(bundle: OpenBundle, stores: BundleStores): Promise<RestorePlan> {
  const document = parseDocument(await bundle.text(notebookPath));
  const plan = {
    document,
    sets: [] as StoredGenerations[],
    pairs: [] as readonly TuningPair[],
    adapters: [] as KeptAdapter[],
    classifiers: new Map<string, KeptClassifier>(),
    values: new Map<string, unknown>(),
    files: [] as RestorePlan['files'][number][],
    added: {} as Partial<Record<PartKind, number>>,
    skipped: [] as SkippedPart[],
  };
  const count = ({ kind }: Pick<ManifestPart, 'kind'>) => {
    plan.added[kind] = (plan.added[kind] ?? 0) + 1;
  };
  const skip = ({ kind, name }: ManifestPart, why: SkippedPart['why']) =>
    plan.skipped.push({ kind, name, why });

  for (const part of bundle.manifest.parts) {
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
        const key = classifierKey(part.id);
        if ((await stores.classifiers.get(key)) !== undefined) skip(part, 'here');
        else {
          plan.classifiers.set(key, kept);
          count(part);
        }
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
        const key = referenceOutputsKey(part.id);
        if ((await stores.values.get(key)) !== undefined) skip(part, 'here');
        else {
          plan.values.set(key, outputs);
          count(part);
        }
        break;
      }
      default:
        // In folders, below: parts of one folder belong together.
        break;
    }
  }
  for (const { kinds, zip, record } of folders) {
    const parts = bundle.manifest.parts.filter(({ kind }) => (kinds as readonly PartKind[]).includes(kind));
    for (const id of new Set(parts.map((part) => part.id))) {
      const own = parts.filter((part) => part.id === id);
      await planFolder({ bundle, stores, plan, count, skip }, own, zip, record);
    }
  }
  return plan;
}

interface Planning {
  readonly bundle: OpenBundle;
  readonly stores: BundleStores;
  readonly plan: {
    readonly files: RestorePlan['files'][number][];
    readonly values: Map<string, unknown>;
  };
  readonly count: (part: ManifestPart) => void;
  readonly skip: (part: ManifestPart, why: SkippedPart['why']) => void;
}

/** The files of one run, encoder or copy of data. Where it is here already, only what it lacks is added, and only to the same state. */
async function planFolder(
  { bundle, stores, plan, count, skip }: Planning,
  parts: readonly ManifestPart[],
  zip: 'runs' | 'encoders' | 'data',
  record: string,
): Promise<void> {
  const [first] = parts;
  if (!first) return;
  const { id } = first;
  const names = new Map(
    parts.flatMap((part) => part.members.map((path) => [fileIn(path, zip, part), path] as const)),
  );
  const { files } = stores;
  const folder = targetOf[zip](id);
  const recordPath = names.get(record);
  const here = files ? await files.read(`${folder}/${record}`) : null;
  if (recordPath === undefined) {
    // Weights alone belong to a run that is here.
    if (!here) throw invalidPart(`${zip}/${id}/${record}`, 'it is missing');
  } else await checkRecord(bundle, zip, recordPath, id, new Set(names.keys()));
  if (!files) {
    for (const part of parts) skip(part, 'no-files');
    return;
  }
  const isSame = !here || recordPath === undefined || (await here.text()) === (await bundle.text(recordPath));
  if (!isSame) {
    for (const part of parts) skip(part, 'differs');
    return;
  }
  const sizes = new Map(bundle.manifest.members.map(({ path, bytes }) => [path, bytes]));
  const missing = new Set<string>();
  for (const [name, member] of inWritingOrder(names, zip, record)) {
    if (isRunInputs(name)) {
      const key = runInputsKey(id);
      if ((await stores.values.get(key)) === undefined)
        plan.values.set(key, parsed(member, await bundle.text(member)));
      continue;
    }
    // Data without texts stands in for the data where that does not come along.
    if (name === textlessFile && names.has(runDataFile)) continue;
    const target = `${folder}/${name === textlessFile ? runDataFile : name}`;
    const bytes = sizes.get(member) ?? 0;
    const there = here ? await files.read(target) : null;
    const isMore = zip === 'runs' && name === runDataFile && there !== null && there.size < bytes;
    if (there && !isMore) continue;
    missing.add(member);
    const replaces = there && new Blob([await there.arrayBuffer()]);
    plan.files.push({ member, target, bytes, folder: here ? null : folder, replaces });
  }
  for (const part of parts)
    if (part.members.some((path) => missing.has(path))) count(part);
    else skip(part, 'here');
}

/**
 * A run's record first: the trainer takes a folder without one for a start that was cut off, and clears it. The records of the others last:
 * they make what is there valid.
 */
function inWritingOrder(
  names: ReadonlyMap<string, string>,
  zip: 'runs' | 'encoders' | 'data',
  record: string,
) {
  const rank = ([name]: readonly [string, string]) => (name === record ? (zip === 'runs' ? -1 : 1) : 0);
  return [...names].sort((a, b) => rank(a) - rank(b));
}

async function checkRecord(
  bundle: OpenBundle,
  zip: 'runs' | 'encoders' | 'data',
  path: string,
  id: string,
  names: ReadonlySet<string>,
): Promise<void> {
  const text = await bundle.text(path);
  if (zip === 'runs') checkRunRecord(path, text, id);
  else if (zip === 'encoders') checkEncoderRecord(path, text, id);
  else checkDataManifest(path, text, id, names);
}

/** The name of a part's file in its folder: one that belongs there, or `bundle-invalid`. Paths of the zip never become paths here. */
function fileIn(path: string, zip: 'runs' | 'encoders' | 'data', { kind, id }: ManifestPart): string {
  const head = `${zip}/${id}/`;
  const name = path.startsWith(head) ? path.slice(head.length) : '';
  const belongs =
    zip === 'data'
      ? isDataFile(name)
      : zip === 'encoders'
        ? encoderPartOf(name) === kind
        : runPartOf(name) === kind || (kind === 'run' && isRunInputs(name));
  if (!belongs) throw invalidPart(path, `it is no file of a part of kind “${kind}”`);
  return name;
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
