import { encodeContainer, openContainer, type ContainerDtype } from '../../training/checkpoints/container.ts';
import { memoryFileStore, type FileStore } from '../../training/checkpoints/fileStore.ts';
import type { ModelSource, TrainingData } from './contract.ts';
import { modelFilesOf } from './droppedFiles.ts';
import { TrainerError } from './errors.ts';
import type { StoredModelSource } from './runRecord.ts';

export const runDataFile = 'data.safetensors';

/** Stores tokens, split and targets, so that a run resumes without the corpus. */
export async function writeData(files: FileStore, data: TrainingData): Promise<void> {
  const { tokens, split, labels, targetOffsets, targetIds, dataHash, labelNames } = data;
  const { hash, maxLength } = tokens;
  const parts = [
    ['tokens.ids', 'I32', tokens.ids],
    ['tokens.offsets', 'U32', tokens.offsets],
    ['tokens.rowIds', 'U32', tokens.rowIds],
    ['tokens.fullLengths', 'U32', tokens.fullLengths],
    ['split.train', 'U32', split.train],
    ['split.validation', 'U32', split.validation],
    ['split.test', 'U32', split.test],
    ['targets.offsets', 'U32', targetOffsets],
    ['targets.ids', 'U32', targetIds],
    ...(labelNames
      ? ([
          ['labelNames.ids', 'I32', labelNames.ids],
          ['labelNames.offsets', 'U32', labelNames.offsets],
        ] as const)
      : []),
  ] as const satisfies readonly (readonly [string, ContainerDtype, Int32Array | Uint32Array])[];
  await files.write(
    runDataFile,
    encodeContainer(
      { dataHash, labels, hash, maxLength },
      parts.map(([name, dtype, values]) => ({ name, dtype, shape: [values.length] })),
      parts.map(([name, , values]) => ({ name, data: values })),
    ),
  );
}

/** The stored data of a run. Throws `run-damaged` where it is missing, `checkpoint-invalid` where its bytes are. */
export async function readData(files: FileStore): Promise<TrainingData> {
  const blob = await files.read(runDataFile);
  if (!blob)
    throw new TrainerError(
      'run-damaged',
      'The data of this run is missing.',
      'Start a new run from the text cell.',
    );
  const container = await openContainer(blob);
  const about = container.metadata as { dataHash: string; labels: string[]; hash: string; maxLength: number };
  const u32 = async (name: string) => (await container.read(name)) as Uint32Array;
  return {
    dataHash: about.dataHash,
    labels: about.labels,
    tokens: {
      hash: about.hash,
      maxLength: about.maxLength,
      ids: (await container.read('tokens.ids')) as Int32Array,
      offsets: await u32('tokens.offsets'),
      rowIds: await u32('tokens.rowIds'),
      fullLengths: await u32('tokens.fullLengths'),
    },
    split: {
      train: await u32('split.train'),
      validation: await u32('split.validation'),
      test: await u32('split.test'),
    },
    targetOffsets: await u32('targets.offsets'),
    targetIds: await u32('targets.ids'),
    ...(container.tensors.some(({ name }) => name === 'labelNames.ids') && {
      labelNames: {
        ids: (await container.read('labelNames.ids')) as Int32Array,
        offsets: await u32('labelNames.offsets'),
      },
    }),
  };
}

/**
 * The stored data of a run without its texts: split, targets and lengths, and no token ids. Scores, encodings and exports read it as the
 * whole; nothing can be trained on it. Throws `checkpoint-invalid`.
 */
export async function dataWithoutTexts(blob: Blob): Promise<Blob> {
  const kept = new Map([[runDataFile, blob]]);
  const files = memoryFileStore(kept);
  const data = await readData(files);
  await writeData(files, { ...data, tokens: { ...data.tokens, ids: new Int32Array(0) } });
  return kept.get(runDataFile) ?? blob;
}

/** Throws `run-damaged` where a run's texts were left out of the file that it came from. */
export function assertHasTexts({ tokens: { ids, offsets } }: TrainingData): void {
  if (ids.length === (offsets.at(-1) ?? 0)) return;
  throw new TrainerError(
    'run-damaged',
    'This run came in a file without its texts, so it cannot go on here.',
    'Save the notebook where the run was made again, with “What runs need to go on”, or start a new run on the data.',
  );
}

/** Shares of the stored training rows that have each label, `[labels]`. Throws as `readData` does. */
export async function readLabelPriors(files: FileStore): Promise<Float64Array> {
  const { labels, split, targetOffsets, targetIds } = await readData(files);
  const counts = new Float64Array(labels.length);
  for (const row of split.train) {
    const end = targetOffsets[row + 1] as number;
    for (let i = targetOffsets[row] as number; i < end; i++) {
      const label = targetIds[i] as number;
      counts[label] = (counts[label] as number) + 1;
    }
  }
  return counts.map((count) => count / Math.max(1, split.train.length));
}

/** Stores where the model comes from; dropped files are copied, since a reload forgets them. */
export async function storeModelSource(files: FileStore, source: ModelSource): Promise<StoredModelSource> {
  if (source.kind !== 'files') return source;
  const fileNames: string[] = [];
  for (const file of modelFilesOf(source.files)) {
    await files.write(`model/${file.name}`, bytesOf(file));
    fileNames.push(file.name);
  }
  return { kind: 'files', name: source.name, fileNames };
}

/** The model source of a stored run. Throws `run-damaged` where a copied file is gone. */
export async function loadModelSource(files: FileStore, stored: StoredModelSource): Promise<ModelSource> {
  if (stored.kind !== 'files') return stored;
  const loaded: File[] = [];
  for (const name of stored.fileNames) {
    const blob = await files.read(`model/${name}`);
    if (!blob)
      throw new TrainerError(
        'run-damaged',
        `The run’s copy of ${name} is missing.`,
        'Start a new run with the model folder.',
        { name },
      );
    loaded.push(new File([blob], name));
  }
  return { kind: 'files', name: stored.name, files: loaded };
}

/** How the page names a model. */
export function modelName(source: ModelSource | StoredModelSource): string {
  return source.kind === 'hub' ? source.repository : source.name;
}

async function* bytesOf(file: Blob): AsyncGenerator<Uint8Array> {
  const block = 4 << 20;
  for (let at = 0; at < file.size; at += block)
    yield new Uint8Array(await file.slice(at, at + block).arrayBuffer());
}
