import type { TokenizerFiles } from '../../core/tokenizer/xlnet.ts';
import { tunedFolder } from '../../models/files/sources.ts';
import { planSafetensors, writeSafetensors } from '../../models/files/safetensorsWriter.ts';
import type { WeightSource } from '../../models/weights.ts';
import { encodeContainer, openContainer } from '../../training/checkpoints/container.ts';
import { once } from '../../training/checkpoints/fileStore.ts';
import type { ContrastiveRows } from '../../training/contrastive/types.ts';
import type { StoredFolders } from '../storage/storedFolders.ts';
import type { TunedEncoder, TuningRequest } from './contract.ts';
import { TuningError } from './errors.ts';

/** What is stored of a run beside its checkpoints, so that it can go on. A dropped folder's files need not be there again. */
export interface StoredRun {
  readonly request: Omit<TuningRequest, 'start'>;
  readonly config: Readonly<Record<string, unknown>>;
}

const root = tunedFolder('').replace(/\/$/, '');
const recordFile = 'tuning.json';
const runFile = 'run.json';
const rowsFile = 'rows.safetensors';
export const curvesFile = 'curves.json';

/** The tuned encoders of this browser: records, rows, weights and tokenizers under names that `openModel` reads. */
export function tuningLibrary(storage: StoredFolders) {
  const files = (id: string) => storage.files(tunedFolder(id));
  const text = async (id: string, name: string): Promise<string> => {
    const blob = isId(id) ? await files(id).read(name) : null;
    if (!blob)
      throw new TuningError(
        'tuning-not-found',
        'This tuned encoder is not kept in this browser.',
        'Tune one again, or open the browser in which it was made.',
        { id, name },
      );
    return blob.text();
  };
  const readRecord = async (id: string) => JSON.parse(await text(id, recordFile)) as TunedEncoder;
  const write = (id: string, name: string, content: string) => files(id).write(name, once(content));
  const asFound = (found: boolean) => {
    if (!found)
      throw new TuningError(
        'tuning-not-found',
        'This tuned encoder is no longer kept in this browser.',
        'Tune one again.',
      );
  };

  return {
    files,
    text,
    readRecord,
    writeRecord: (record: TunedEncoder) => write(record.id, recordFile, JSON.stringify(record, null, 2)),

    async list(): Promise<TunedEncoder[]> {
      const found: TunedEncoder[] = [];
      for (const id of await storage.folders(root)) {
        // A start that was cut off before its record was written has nothing to show.
        const record = await readRecord(id).catch(() => null);
        if (record) found.push(record);
      }
      return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    },

    async writeRun(id: string, run: StoredRun, tokenizer: TokenizerFiles, rows: ContrastiveRows) {
      await write(id, runFile, JSON.stringify(run));
      await write(id, 'config.json', `${JSON.stringify(run.config, null, 2)}\n`);
      await write(id, 'tokenizer.json', tokenizer.tokenizerJson);
      await write(id, 'tokenizer_config.json', tokenizer.tokenizerConfigJson);
      const tensors = [
        { name: 'ids', dtype: 'I32', shape: [rows.ids.length] },
        { name: 'offsets', dtype: 'U32', shape: [rows.offsets.length] },
      ] as const;
      const data = [
        { name: 'ids', data: rows.ids },
        { name: 'offsets', data: rows.offsets },
      ];
      await files(id).write(rowsFile, encodeContainer({ categories: rows.categories }, tensors, data));
    },

    async readRun(id: string): Promise<StoredRun & { readonly rows: ContrastiveRows }> {
      const run = JSON.parse(await text(id, runFile)) as StoredRun;
      const blob = await files(id).read(rowsFile);
      if (!blob)
        throw new TuningError(
          'tuning-damaged',
          'The texts of this tuning are gone.',
          'What was learnt can be used and exported; start a new tuning to learn more.',
          { id },
        );
      const container = await openContainer(blob);
      const { categories } = container.metadata as Pick<ContrastiveRows, 'categories'>;
      const [ids, offsets] = [await container.read('ids'), await container.read('offsets')];
      return { ...run, rows: { ids: ids as Int32Array, offsets: offsets as Uint32Array, categories } };
    },

    /** The weights under the name that `openModel` looks for. */
    writeWeights(id: string, { tensors, read }: WeightSource): Promise<number> {
      const plan = planSafetensors(tensors.map(({ name, shape }) => ({ name, shape })));
      return files(id).write('model.safetensors', writeSafetensors(plan, read));
    },

    /** A finished run needs its checkpoint and texts no more. */
    async tidy(id: string): Promise<void> {
      const store = files(id);
      for (const name of await store.list())
        if (name.startsWith('checkpoint-') || name === rowsFile) await store.remove(name);
    },

    /** What never made a step. */
    discard: (id: string): Promise<void> => storage.discard(tunedFolder(id)),

    remove: async (id: string) => asFound(isId(id) && (await storage.remove(tunedFolder(id)))),
    restore: async (id: string) => asFound(isId(id) && (await storage.restore(tunedFolder(id)))),
  };
}

export type TuningLibrary = ReturnType<typeof tuningLibrary>;

/** Ids become folder names. */
function isId(id: string): boolean {
  return /^[a-z0-9-]{1,80}$/.test(id);
}
