import type { NotebookDocument } from '../../notebook/document.ts';
import { formatBytes, plural } from '../../notebook/format.ts';
import { serialiseDocument } from '../../notebook/document.ts';
import { isDefault, offersFor } from '../../notebook/bundle/offers.ts';
import { keyOf, utf8Bytes, type Offer, type PartKind } from '../../notebook/bundle/member.ts';
import { offerData } from '../../notebook/bundle/parts/data.ts';
import { mergedHash } from '../../services/corpus/openCorpus.ts';
import type { KeptCopy } from '../../services/corpus/contract.ts';
import { corpusService } from '../services.ts';
import { session } from '../session.ts';
import { bundleStores } from './stores.ts';

/** Lines of the dialog: what the parts are to a reader. */
export const groups = [
  {
    id: 'sets',
    title: 'Generated sets',
    kinds: ['set'],
    note: 'Every reply as it came, and the objects in use as JSON Lines.',
  },
  { id: 'pairs', title: 'Tuning pairs', kinds: ['pairs'], note: 'From files and augmentation.' },
  {
    id: 'classifiers',
    title: 'Incubated classifiers',
    kinds: ['classifier'],
    note: 'Words and weights (safetensors), with their held-out scores.',
  },
  {
    id: 'scores',
    title: 'Mining scores',
    kinds: ['scores'],
    note: 'What each classifier says of each text: formulas answer at once. Without them mining scores the texts again.',
  },
  {
    id: 'adapters',
    title: 'Adapters of the generator',
    kinds: ['adapter'],
    note: 'LoRA, as PEFT reads them.',
  },
  {
    id: 'encoders',
    title: 'Tuned encoders',
    kinds: ['encoder'],
    note: 'Weights and tokenizer, as transformers reads them.',
  },
  {
    id: 'runs',
    title: 'Training runs',
    kinds: ['run', 'reference'],
    note: 'Settings, curves, scores and outputs; no texts.',
  },
  {
    id: 'weights',
    title: 'Weights of the runs',
    kinds: ['run-weights'],
    note: 'The best of each: to predict and to export.',
  },
  {
    id: 'resume',
    title: 'What runs need to go on',
    kinds: ['run-resume', 'encoder-resume'],
    note: 'Checkpoints, and the rows as token ids: your texts can be read out of them.',
  },
  { id: 'data', title: 'The data itself', kinds: ['data'], note: 'Whoever gets the zip gets your texts.' },
] as const satisfies readonly {
  readonly id: string;
  readonly title: string;
  readonly kinds: readonly PartKind[];
  readonly note: string;
}[];

export type Group = (typeof groups)[number];

/** What can be saved of the open notebook, and what is made ready only when it is asked for. */
export interface Contents {
  readonly notebook: { readonly bytes: number; readonly note: string };
  readonly offers: readonly Offer[];
}

/** Stands for data that is open and not kept yet: a copy is made when it is saved. */
const openDataId = 'open';

/** Looks through this browser for all that belongs to the notebook. */
export async function contentsOf(document: NotebookDocument): Promise<Contents> {
  const hashes = await keptHashes(document);
  const offers = await offersFor(document, bundleStores(), hashes);
  const { corpus } = session.getState();
  const open: Offer[] =
    hashes.length === 0 && corpus && bundleStores().files
      ? [
          {
            kind: 'data',
            id: openDataId,
            name: plural(corpus.fileCount ?? corpus.files.length, 'file'),
            bytes: corpus.files.reduce((sum, { byteLength }) => sum + byteLength, 0),
            isOwn: true,
            members: async () => [],
          },
        ]
      : [];
  return {
    notebook: { bytes: utf8Bytes(serialiseDocument(document)), note: noteOf(document) },
    offers: [...offers, ...open],
  };
}

/** Kept copies of the notebook's data: the one that is open, or the one that its results are of. */
async function keptHashes({ results }: NotebookDocument): Promise<readonly string[]> {
  if (!bundleStores().files) return [];
  const copies = await corpusService().kept();
  const hash = results.dataset?.provenance.dataHash ?? null;
  const isIt = ({ baseHash, isOpen }: KeptCopy) =>
    isOpen || baseHash === hash || mergedHash(baseHash) === hash;
  return copies.filter(isIt).map(({ baseHash }) => baseHash);
}

/** Data that has no copy yet gets one, which is then what is written. Throws `quota-exceeded`, `aborted`. */
export async function madeReady(
  offers: readonly Offer[],
  onProgress: Parameters<ReturnType<typeof corpusService>['keep']>[0],
  signal: AbortSignal,
): Promise<readonly Offer[]> {
  if (!offers.some(({ kind, id }) => kind === 'data' && id === openDataId)) return offers;
  await corpusService().keep(onProgress, signal);
  const hashes = (await corpusService().kept())
    .filter(({ isOpen }) => isOpen)
    .map(({ baseHash }) => baseHash);
  const data = await offerData(bundleStores(), hashes);
  return [...offers.filter(({ id }) => id !== openDataId), ...data];
}

/** What is ticked when the dialog opens. */
export const defaultChoice = (offers: readonly Offer[]): ReadonlySet<string> =>
  new Set(offers.filter(isDefault).map(keyOf));

/** Hand-made things inside the notebook, by number. */
function noteOf({ parameters, results }: NotebookDocument): string {
  const { labels, mining, instructions, generatorTuning } = parameters;
  const marks = mining.judgements.reduce((sum, judgement) => sum + judgement.marks.length, 0);
  const counted = [
    [Object.keys(results).length, 'result'],
    [labels.rowEdits?.rows.length ?? 0, 'correction'],
    [marks, 'mining mark'],
    [instructions.edits?.rows.length ?? 0, 'edited category', 'edited categories'],
    [generatorTuning.edits.length, 'edited pair'],
  ] as const;
  const said = counted.flatMap(([count, one, many]) => (count > 0 ? [plural(count, one, many)] : []));
  return ['settings', ...said].join(', ');
}

export const sizeOf = (offers: readonly Offer[]): string =>
  formatBytes(offers.reduce((sum, { bytes }) => sum + bytes, 0));
