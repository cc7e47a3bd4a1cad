import { runDataFile } from '../../services/trainer/runData.ts';
import { runInputsKey } from '../keys.ts';
import { invalidPart } from './errors.ts';
import type { PartFolder } from './folder.ts';
import { parsed } from './json.ts';
import type { ManifestPart } from './manifest.ts';
import type { PartKind } from './member.ts';
import { isRunInputs, textlessFile } from './parts/runs.ts';
import type { OpenBundle } from './read.ts';
import type { BundleStores } from './stores.ts';

export interface SkippedPart {
  readonly kind: PartKind;
  readonly name: string;
  /** `here`: this browser has it. `differs`: it has another state of it. `no-files`: it keeps no files. `damaged`: it cannot be used, and can be made again. */
  readonly why: 'here' | 'differs' | 'no-files' | 'damaged';
}

/** A file that opening writes. */
export interface PlannedFile {
  readonly member: string;
  readonly target: string;
  readonly bytes: number;
  /** Made for this file: what an undo takes away. Null: it was there, and only the file goes. */
  readonly folder: string | null;
  /** What stood there: an undo puts it back. */
  readonly replaces: Blob | null;
}

interface Planning {
  readonly bundle: OpenBundle;
  readonly stores: BundleStores;
  readonly plan: {
    readonly files: PlannedFile[];
    readonly values: Map<string, unknown>;
  };
  readonly count: (part: ManifestPart) => void;
  readonly skip: (part: ManifestPart, why: SkippedPart['why']) => void;
}

/** The files of one run, encoder or copy of data. Where it is here already, only what it lacks is added, and only to the same state. */
export async function planFolder(
  { bundle, stores, plan, count, skip }: Planning,
  folder: PartFolder,
  parts: readonly ManifestPart[],
): Promise<void> {
  const [first] = parts;
  if (!first) return;
  const { id } = first;
  const { zip, record } = folder;
  const names = new Map(
    parts.flatMap((part) => part.members.map((path) => [fileIn(path, folder, part), path] as const)),
  );
  const { files } = stores;
  const home = folder.target(id);
  const recordPath = names.get(record);
  const here = files ? await files.read(`${home}/${record}`) : null;
  if (recordPath === undefined) {
    // Weights alone belong to a run that is here.
    if (!here) throw invalidPart(`${zip}/${id}/${record}`, 'it is missing');
  } else folder.check(recordPath, await bundle.text(recordPath), id, new Set(names.keys()));
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
  for (const [name, member] of inWritingOrder(names, folder)) {
    if (isRunInputs(name)) {
      const key = runInputsKey(id);
      if ((await stores.values.get(key)) === undefined)
        plan.values.set(key, parsed(member, await bundle.text(member)));
      continue;
    }
    // Data without texts stands in for the data where that does not come along.
    if (name === textlessFile && names.has(runDataFile)) continue;
    const target = `${home}/${name === textlessFile ? runDataFile : name}`;
    const bytes = sizes.get(member) ?? 0;
    const there = here ? await files.read(target) : null;
    const isMore = name === runDataFile && there !== null && there.size < bytes;
    if (there && !isMore) continue;
    missing.add(member);
    const replaces = there && new Blob([await there.arrayBuffer()]);
    plan.files.push({ member, target, bytes, folder: here ? null : home, replaces });
  }
  for (const part of parts)
    if (part.members.some((path) => missing.has(path))) count(part);
    else skip(part, 'here');
}

function inWritingOrder(names: ReadonlyMap<string, string>, { record, isRecordFirst }: PartFolder) {
  const rank = ([name]: readonly [string, string]) => (name === record ? (isRecordFirst ? -1 : 1) : 0);
  return [...names].sort((a, b) => rank(a) - rank(b));
}

/** The name of a part's file in its folder: one that belongs there, or `bundle-invalid`. Paths of the zip never become paths here. */
function fileIn(path: string, { zip, kindOf }: PartFolder, { kind, id }: ManifestPart): string {
  const head = `${zip}/${id}/`;
  const name = path.startsWith(head) ? path.slice(head.length) : '';
  if (kindOf(name) !== kind) throw invalidPart(path, `it is no file of a part of kind “${kind}”`);
  return name;
}
