import { jsonFile } from '../../../base/json.ts';
import * as z from 'zod/mini';
import { dataWithoutTexts, runDataFile } from '../../../services/trainer/runData.ts';
import { runsFolder } from '../../../services/storage/folders.ts';
import { openContainer } from '../../../training/checkpoints/container.ts';
import { memoryFileStore } from '../../../training/checkpoints/fileStore.ts';
import { readLogits, writeLogits } from '../../../training/checkpoints/checkpoints.ts';
import type { EvaluationLogits } from '../../../training/types.ts';
import { referenceOutputsKey, runInputsKey } from '../../keys.ts';
import { invalidPart, unusable } from '../errors.ts';
import { membersOf, type PartFolder } from '../folder.ts';
import { checked } from '../json.ts';
import { isSafeId } from '../manifest.ts';
import { contentBytes, type Member, type Offer } from '../member.ts';
import type { BundleStores, StoredFiles } from '../stores.ts';

// A training run in three parts: what it came to (curves, scores, outputs, targets of its rows), the weights that were best, and what it needs to go on
// (checkpoints with both moments, its rows as token ids, a dropped model's files). The last holds texts: it is never taken unasked.

const inputsFile = 'notebook-inputs.json';
/** Split and targets alone, for whoever gets no texts. */
export const textlessFile = 'data-without-texts.safetensors';

const reportFile =
  /^(?:(?:run|model|kernels)\.json|history\.safetensors|logits-(?:train|validation|test)-\d{9}\.safetensors)$/u;
const bestFile = /^best-\d{9}\.safetensors$/u;
const resumeFile = /^(?:checkpoint-\d{9}\.safetensors|data\.safetensors|model\/[\w][\w.-]{0,99})$/u;

/** Which part of a run a file belongs to; null for what is no file of a run. */
function runPartOf(name: string): 'run' | 'run-weights' | 'run-resume' | null {
  if (name === textlessFile || reportFile.test(name)) return 'run';
  if (bestFile.test(name)) return 'run-weights';
  return resumeFile.test(name) ? 'run-resume' : null;
}

interface StoredRun {
  readonly runId: string;
  readonly modelName: string;
  readonly dataHash: string;
  readonly createdAt: string;
}

/** The runs of this browser; `isOwn`: the notebook names it, or has its data. */
export async function offerRuns(
  stores: BundleStores,
  isOwn: (runId: string, dataHash: string) => boolean,
): Promise<Offer[]> {
  const { files } = stores;
  if (!files) return [];
  const offers: Offer[] = [];
  for (const { name: runId, kind } of await files.list(runsFolder)) {
    const record = kind === 'directory' && isSafeId(runId) ? await recordOf(files, runId) : null;
    if (!record) continue;
    const found = await runFiles(files, runId);
    const inputs = await stores.values.get(runInputsKey(runId));
    const textlessBytes = await textlessSize(files, runId);
    const extra: readonly Member[] =
      inputs === undefined ? [] : [{ path: `runs/${runId}/${inputsFile}`, content: jsonFile(inputs) }];
    for (const part of ['run', 'run-weights', 'run-resume'] as const) {
      const own = found.filter(({ name }) => runPartOf(name) === part);
      if (own.length === 0) continue;
      const more = part === 'run' ? extra : [];
      offers.push({
        kind: part,
        id: runId,
        name: `${record.modelName}, ${runId}`,
        bytes:
          own.reduce((sum, { byteLength }) => sum + byteLength, 0) +
          more.reduce((sum, { content }) => sum + contentBytes(content), 0) +
          (part === 'run' ? textlessBytes : 0),
        isOwn: isOwn(runId, record.dataHash),
        async members() {
          // A run that goes on deletes older checkpoints meanwhile.
          const folder = `${runsFolder}/${runId}`;
          const members = await membersOf(
            files,
            folder,
            `runs/${runId}`,
            own.map(({ name }) => name),
          );
          const textless = part === 'run' && textlessBytes > 0 ? await textlessData(files, runId) : [];
          return [...members, ...textless, ...more];
        },
      });
    }
  }
  return offers;
}

/** Bytes of a run's data without its texts, nearly: the header alone is read. 0 where there is none, or it is damaged. */
async function textlessSize(files: StoredFiles, runId: string): Promise<number> {
  const blob = await files.read(`${runsFolder}/${runId}/${runDataFile}`);
  if (!blob) return 0;
  const container = await openContainer(blob).catch(() => null);
  const ids = container?.tensors.find((tensor) => tensor.name === 'tokens.ids');
  return ids ? blob.size - Int32Array.BYTES_PER_ELEMENT * (ids.shape[0] ?? 0) : 0;
}

async function textlessData(files: StoredFiles, runId: string): Promise<readonly Member[]> {
  const blob = await files.read(`${runsFolder}/${runId}/${runDataFile}`);
  if (!blob) return [];
  return [{ path: `runs/${runId}/${textlessFile}`, content: await dataWithoutTexts(blob) }];
}

async function runFiles(files: StoredFiles, runId: string) {
  const folder = `${runsFolder}/${runId}`;
  const isFile = ({ kind }: { readonly kind: string }) => kind === 'file';
  const top = (await files.list(folder)).filter(isFile);
  const model = (await files.list(`${folder}/model`)).filter(isFile);
  const named = (prefix: string, list: typeof top) =>
    list.map(({ name, byteLength }) => ({ name: prefix + name, byteLength }));
  return [...named('', top), ...named('model/', model)];
}

async function recordOf(files: StoredFiles, runId: string): Promise<StoredRun | null> {
  const blob = await files.read(`${runsFolder}/${runId}/run.json`);
  if (!blob) return null;
  try {
    return JSON.parse(await blob.text()) as StoredRun;
  } catch {
    // A damaged record shows no run in the page either.
    return null;
  }
}

const name = z.string().check(z.maxLength(2000));
const number = z.number();
const schema = z.looseObject({
  version: z.literal(1),
  runId: z.string().check(z.refine(isSafeId, 'no id')),
  state: z.enum(['preparing', 'running', 'paused', 'done', 'stopped', 'failed', 'interrupted']),
  createdAt: name,
  model: z.looseObject({ kind: z.enum(['embedded', 'hub', 'tuned', 'files']) }),
  modelName: name,
  dataHash: name,
  seed: number,
  device: z.nullable(z.looseObject({ name })),
  hyperparameters: z.looseObject({ epochs: number, batchSize: number, learningRate: number }),
  labels: z.array(name).check(z.maxLength(1_000_000)),
  calibration: z.optional(
    z.looseObject({
      family: z.enum(['sigmoid', 'softmax']),
      temperature: z.number().check(z.gt(0)),
      step: number,
      rows: number,
      lossBefore: number,
      lossAfter: number,
    }),
  ),
  step: number,
  totalSteps: number,
  elapsedMs: number,
});

/** What the notebook noted of a run; kept beside the notebooks, not in the run's folder. */
export const isRunInputs = (fileName: string): boolean => fileName === inputsFile;

export const runFolder: PartFolder = {
  zip: 'runs',
  kinds: ['run', 'run-weights', 'run-resume'],
  record: 'run.json',
  // The trainer takes a folder without one for a start that was cut off, and clears it.
  isRecordFirst: true,
  target: (runId) => `${runsFolder}/${runId}`,
  kindOf: (fileName) => (isRunInputs(fileName) ? 'run' : runPartOf(fileName)),
  check(path, text, runId) {
    if (checked(path, text, schema).runId !== runId) throw invalidPart(path, 'it is of another run');
  },
};

/** Outputs of TF-IDF references, by the ids that the notebook's experiments name. */
export async function offerReferences(stores: BundleStores, ids: readonly string[]): Promise<Offer[]> {
  const offers: Offer[] = [];
  for (const id of ids) {
    const outputs = (await stores.values.get(referenceOutputsKey(id))) as EvaluationLogits | undefined;
    if (!outputs || !isSafeId(id)) continue;
    const path = `references/${id}/outputs.safetensors`;
    offers.push({
      kind: 'reference',
      id,
      name: `Outputs of ${id}`,
      bytes: outputs.logits.byteLength + outputs.targets.byteLength + outputs.rowIds.byteLength,
      isOwn: true,
      async members() {
        const kept = new Map<string, Blob>();
        await writeLogits(memoryFileStore(kept), outputs);
        return [...kept.values()].map((content) => ({ path, content }));
      },
    });
  }
  return offers;
}

/** Reads a reference's outputs back. Throws `bundle-invalid`. */
export async function readReference(path: string, blob: Blob): Promise<EvaluationLogits> {
  try {
    const read = await readLogits(
      memoryFileStore(new Map([['logits-test-000000000.safetensors', blob]])),
      'test',
      0,
    );
    if (!read || read.logits.length !== read.rowIds.length * read.labels.length)
      throw new RangeError('its sizes do not go together');
    return read;
  } catch (cause) {
    throw unusable(path, cause);
  }
}
