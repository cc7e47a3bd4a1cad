import type { NotebookDocument } from '../document.ts';
import { serialiseDocument } from '../document.ts';
import { offerAdapters } from './parts/adapters.ts';
import { offerClassifiers } from './parts/classifiers.ts';
import { offerData } from './parts/data.ts';
import { offerEncoders } from './parts/encoders.ts';
import { offerPairs } from './parts/pairs.ts';
import { offerReferences, offerRuns } from './parts/runs.ts';
import { offerScores, type ScoresOffer } from './parts/scores.ts';
import { offerSets } from './parts/sets.ts';
import { keyOf, type Offer } from './member.ts';
import type { BundleStores } from './stores.ts';

/** Weights and scores up to this size are taken along unless the user says no; larger ones only where the user says yes. */
const smallWeightBytes = 64 << 20;

/**
 * All that could go into a notebook's file, measured. `dataHashes`: of the copies that this browser keeps of the notebook's data.
 * What other notebooks of this browser made is listed as well, marked by `isOwn: false`.
 */
export async function offersFor(
  document: NotebookDocument,
  stores: BundleStores,
  dataHashes: readonly string[] = [],
): Promise<readonly Offer[]> {
  const said = serialiseDocument(document);
  const isNamed = (id: string) => said.includes(JSON.stringify(id).slice(1, -1));
  const own = new Set([document.results.dataset?.provenance.dataHash ?? '', ...dataHashes]);
  own.delete('');
  const ofThisData = (id: string, dataHash: string) => isNamed(id) || own.has(dataHash);
  const references = document.experiments.flatMap(({ variants }) =>
    variants.flatMap(({ kind, state }) =>
      kind === 'reference' && state.kind === 'done' ? [state.result.runId] : [],
    ),
  );
  const sets = await offerSets(stores, document.id, document.parameters);
  const classifiers = await offerClassifiers(stores, isNamed, new Set(sets.map(({ id }) => id)));
  const runsOfClassifiers = new Set(
    classifiers.flatMap(({ isOwn, runId }) => (isOwn && runId ? [runId] : [])),
  );
  const lists = [
    sets,
    await offerPairs(stores, document.id),
    classifiers,
    await offerScores(stores, classifiers, (dataHash) => ofThisData(dataHash, dataHash)),
    await offerAdapters(stores, document.id),
    await offerRuns(stores, (id, dataHash) => ofThisData(id, dataHash) || runsOfClassifiers.has(id)),
    await offerReferences(stores, references),
    await offerEncoders(stores, ofThisData),
    await offerData(stores, dataHashes),
  ];
  return lists.flat();
}

/** What is taken along where the user says nothing: all of this notebook but its data, what holds texts of it, and large weights or scores. */
export function isDefault({ kind, isOwn, bytes }: Offer): boolean {
  if (!isOwn) return false;
  switch (kind) {
    case 'data':
    case 'run-resume':
    case 'encoder-resume':
      return false;
    case 'scores':
    case 'run-weights':
    case 'encoder':
    case 'adapter':
      return bytes <= smallWeightBytes;
    case 'set':
    case 'pairs':
    case 'classifier':
    case 'run':
    case 'reference':
      return true;
  }
}

/** Weights, checkpoints and scores mean nothing without the run, encoder or classifier they are of: it comes along. */
export function withNeeded(offers: readonly Offer[], chosen: ReadonlySet<string>): readonly Offer[] {
  const needed = new Set(chosen);
  for (const offer of offers) {
    const { kind, id } = offer;
    if (!chosen.has(keyOf(offer))) continue;
    if (isScores(offer)) needed.add(keyOf({ kind: 'classifier', id: offer.classifierId }));
    if (kind === 'run-weights' || kind === 'run-resume') needed.add(keyOf({ kind: 'run', id }));
    if (kind === 'encoder-resume') needed.add(keyOf({ kind: 'encoder', id }));
  }
  return offers.filter((offer) => needed.has(keyOf(offer)));
}

const isScores = (offer: Offer): offer is ScoresOffer => offer.kind === 'scores';
