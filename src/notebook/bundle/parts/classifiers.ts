import { jsonFile } from '../../../base/json.ts';
import * as z from 'zod/mini';
import type { LinearModel } from '../../../core/incubator/classifier/linear.ts';
import type { ClassifierCard } from '../../../services/miner/contract.ts';
import { classifierKey, type KeptClassifier } from '../../../services/miner/storage.ts';
import {
  encodeContainer,
  openContainer,
  type ContainerArray,
} from '../../../training/checkpoints/container.ts';
import { invalidPart, unusable } from '../errors.ts';
import { checked } from '../json.ts';
import { isSafeId } from '../manifest.ts';
import { contentBytes, pathName, type Offer } from '../member.ts';
import type { BundleStores } from '../stores.ts';

// An incubated classifier: its card and vocabulary as JSON, its numbers as safetensors. One that is a trained network has no numbers here:
// they are its run's.

export interface ClassifierOffer extends Offer {
  /** The run that has its numbers, of a trained network. */
  readonly runId: string | null;
}

/** The classifiers of this browser; own are those that the notebook names, and those that learnt from its sets. */
export async function offerClassifiers(
  stores: BundleStores,
  isNamed: (id: string) => boolean,
  setIds: ReadonlySet<string>,
): Promise<ClassifierOffer[]> {
  const offers: ClassifierOffer[] = [];
  for (const key of await stores.classifiers.keys()) {
    if (!key.startsWith(classifierKey(''))) continue;
    const kept = (await stores.classifiers.get(key)) as KeptClassifier | undefined;
    if (!kept) continue;
    const { card, model } = kept;
    if (!isSafeId(card.id)) continue;
    const folder = `classifiers/${pathName(card.name)}-${card.id}`;
    const members = [
      { path: `${folder}/classifier.json`, content: jsonFile(describe(kept)) },
      ...(model ? [{ path: `${folder}/model.safetensors`, content: await numbersOf(model) }] : []),
    ];
    offers.push({
      kind: 'classifier',
      id: card.id,
      name: card.name,
      bytes: members.reduce((sum, { content }) => sum + contentBytes(content), 0),
      runId: card.runId,
      isOwn:
        isNamed(card.id) ||
        (card.runId !== null && isNamed(card.runId)) ||
        (card.setId !== null && setIds.has(card.setId)),
      members: async () => members,
    });
  }
  return offers;
}

function describe({ card, model }: KeptClassifier) {
  const { heldOut } = card;
  return {
    card: { ...card, heldOut: heldOut && { ...heldOut, confusion: [...heldOut.confusion] } },
    model: model && {
      labels: model.labels,
      normalisation: model.normalisation,
      spec: model.spec,
      terms: model.terms,
    },
  };
}

async function numbersOf({ classes, columns, weights, intercepts, idf }: LinearModel): Promise<Blob> {
  const tensors = [
    { name: 'idf', dtype: 'F64', shape: [columns], data: idf },
    { name: 'weights', dtype: 'F32', shape: [classes, columns], data: weights },
    { name: 'intercepts', dtype: 'F32', shape: [classes], data: intercepts },
  ] as const;
  const parts: BlobPart[] = [];
  for await (const chunk of encodeContainer({ kind: 'tfidf-linear' }, tensors, tensors))
    parts.push(new Uint8Array(chunk));
  return new Blob(parts);
}

const name = z.string().check(z.maxLength(200_000));
const whole = z.int().check(z.gte(0));
const names = z.array(name).check(z.minLength(2), z.maxLength(10_000));
const normalisation = z.enum(['softmax', 'sigmoid']);
const share = z.number();
const spec = z.object({
  ngramMax: z.union([z.literal(1), z.literal(2)]),
  minDocumentCount: z.int().check(z.gte(1)),
  sublinearTf: z.boolean(),
  c: z.number().check(z.gt(0)),
  training: z.enum(['joint', 'independent']),
});
const report = z.object({
  rows: whole,
  accuracy: share,
  majority: share,
  macroF1: share,
  meanError: share,
  perClass: z.array(z.object({ label: name, support: whole, precision: share, recall: share, f1: share })),
  confusion: z.array(whole),
});
const schema = z.object({
  card: z.looseObject({
    id: z.string().check(z.refine(isSafeId, 'no id')),
    name,
    labels: z.array(name).check(z.minLength(1), z.maxLength(100_000)),
    kind: z.enum(['linear', 'encoder']),
    normalisation,
    spec: z.nullable(spec),
    runId: z.nullable(name),
    modelName: name,
    instruction: name,
    setId: z.nullable(name),
    rows: whole,
    dropped: whole,
    heldOut: z.nullable(report),
    seed: z.number(),
    createdAt: name,
    elapsedMs: z.number(),
  }),
  model: z.nullable(z.object({ labels: names, normalisation, spec, terms: z.array(name) })),
});

/** Reads a classifier back, its numbers checked against its classes and words. Throws `bundle-invalid`. */
export async function readClassifier(
  path: string,
  text: string,
  numbers: Blob | null,
): Promise<KeptClassifier> {
  const { card, model } = checked(`${path}/classifier.json`, text, schema);
  const { heldOut } = card;
  const whole: ClassifierCard = {
    ...card,
    heldOut: heldOut && { ...heldOut, confusion: Uint32Array.from(heldOut.confusion) },
  };
  if ((card.kind === 'linear') !== (model !== null))
    throw invalidPart(`${path}/classifier.json`, 'its kind and its model do not go together');
  if (!model) return { card: whole, model: null };
  const where = `${path}/model.safetensors`;
  if (!numbers) throw invalidPart(where, 'it is missing');
  const [classes, columns] = [model.labels.length, model.terms.length];
  try {
    const container = await openContainer(numbers);
    const tensor = async <T extends ContainerArray>(
      tensorName: string,
      type: new (length: number) => T,
      length: number,
    ): Promise<T> => {
      const values = await container.read(tensorName);
      if (!(values instanceof type) || values.length !== length || !allFinite(values))
        throw new RangeError(`${tensorName} is not ${length} numbers`);
      return values;
    };
    return {
      card: whole,
      model: {
        ...model,
        classes,
        columns,
        idf: await tensor('idf', Float64Array, columns),
        weights: await tensor('weights', Float32Array, classes * columns),
        intercepts: await tensor('intercepts', Float32Array, classes),
      },
    };
  } catch (cause) {
    throw unusable(where, cause);
  }
}

function allFinite(values: ContainerArray): boolean {
  for (const value of values) if (!Number.isFinite(value)) return false;
  return true;
}
