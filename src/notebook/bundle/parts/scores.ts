import * as z from 'zod/mini';
import {
  classifierKey,
  scoresIndexKey,
  scoresKey,
  type KeptClassifier,
  type KeptScores,
  type ScoresIndex,
} from '../../../services/miner/storage.ts';
import { encodeContainer, openContainer } from '../../../training/checkpoints/container.ts';
import { plural } from '../../format.ts';
import { invalidPart, unusable } from '../errors.ts';
import { isSafeId } from '../manifest.ts';
import { pathName, type Offer } from '../member.ts';
import type { BundleStores } from '../stores.ts';

// Mining scores: the log-odds that a classifier gave the texts of a corpus, as safetensors. No text is in them, and nothing that could not
// be made again: where they cannot be used, the rest of the file is opened without them.

/** Offers are measured before scores are read: what stands in the file beside the numbers. */
const headerBytes = 512;

export interface ScoresOffer extends Offer {
  /** The classifier without which they say nothing. */
  readonly classifierId: string;
}

/** Scores of this browser; own are those of the notebook's data by a classifier that is its own. */
export async function offerScores(
  stores: BundleStores,
  classifiers: readonly Offer[],
  isOwnData: (dataHash: string) => boolean,
): Promise<ScoresOffer[]> {
  const { classifiers: store } = stores;
  const index = ((await store.get(scoresIndexKey)) as ScoresIndex | undefined) ?? [];
  const offers: ScoresOffer[] = [];
  for (const { key, bytes } of index) {
    const [, corpus = '', classifierId = ''] = /^scores\/(.*)\/([^/]*)$/u.exec(key) ?? [];
    const classifier = classifiers.find(({ id }) => id === classifierId);
    const kept = (await store.get(classifierKey(classifierId))) as KeptClassifier | undefined;
    const id = `${classifierId}_${corpus}`;
    if (!classifier || !kept || !isSafeId(id) || key !== scoresKey(corpus, classifierId)) continue;
    const { card } = kept;
    const rows = Math.round(bytes / (Float32Array.BYTES_PER_ELEMENT * Math.max(1, card.labels.length)));
    offers.push({
      kind: 'scores',
      id,
      name: `${card.name} over ${plural(rows, 'text')}`,
      bytes: bytes + headerBytes,
      isOwn: classifier.isOwn && isOwnData(corpus),
      classifierId,
      async members() {
        const scores = (await store.get(key)) as KeptScores | undefined;
        if (!scores) return [];
        const path = `scores/${pathName(card.name)}-${id}/scores.safetensors`;
        return [{ path, content: await encoded(corpus, classifierId, scores) }];
      },
    });
  }
  return offers;
}

async function encoded(
  corpus: string,
  classifier: string,
  { rowCount, done, columns }: KeptScores,
): Promise<Blob> {
  const logOdds = new Float32Array(columns.length * done);
  columns.forEach((column, label) => logOdds.set(column.subarray(0, done), label * done));
  const tensors = [{ name: 'log_odds', dtype: 'F32', shape: [columns.length, done], data: logOdds }] as const;
  const parts: BlobPart[] = [];
  const about = { kind: 'mining-scores', corpus, classifier, rowCount } satisfies About;
  for await (const chunk of encodeContainer(about, tensors, tensors)) parts.push(new Uint8Array(chunk));
  return new Blob(parts);
}

const schema = z.object({
  kind: z.literal('mining-scores'),
  corpus: z.string().check(z.refine(isSafeId, 'no hash')),
  classifier: z.string().check(z.refine(isSafeId, 'no id')),
  rowCount: z.int().check(z.gte(0), z.lte(2 ** 31)),
});
type About = z.output<typeof schema>;

/** Reads scores back, held against the part's id and the classifier's classes. Throws `bundle-invalid`. */
export async function readScores(
  path: string,
  id: string,
  blob: Blob,
  classifierOf: (id: string) => Promise<KeptClassifier | null>,
): Promise<{ readonly key: string; readonly scores: KeptScores }> {
  try {
    const container = await openContainer(blob);
    const { corpus, classifier, rowCount } = schema.parse(container.metadata);
    if (`${classifier}_${corpus}` !== id) throw invalidPart(path, 'it is of other scores');
    const kept = await classifierOf(classifier);
    if (!kept) throw invalidPart(path, 'its classifier is not here');
    const [labels = 0, done = 0] = container.tensors.find(({ name }) => name === 'log_odds')?.shape ?? [];
    if (labels !== (kept.model?.classes ?? kept.card.labels.length))
      throw invalidPart(path, 'it has other classes than its classifier');
    if (done > rowCount) throw invalidPart(path, 'it has more scores than texts');
    const logOdds = await container.read('log_odds');
    if (!(logOdds instanceof Float32Array) || logOdds.some(Number.isNaN))
      throw invalidPart(path, 'its scores are no numbers');
    const columns = Array.from({ length: labels }, (_, label) => {
      const column = new Float32Array(rowCount);
      column.set(logOdds.subarray(label * done, (label + 1) * done));
      return column;
    });
    return { key: scoresKey(corpus, classifier), scores: { rowCount, done, columns } };
  } catch (cause) {
    throw unusable(path, cause);
  }
}
