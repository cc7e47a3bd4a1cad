import { asObject } from '../../../core/incubator/pasted.ts';
import { readPairsJsonl } from '../../../core/incubator/tuningSet/jsonl.ts';
import type { TuningPair } from '../../../core/incubator/tuningSet/types.ts';
import { plural } from '../../format.ts';
import { pairsKey } from '../../keys.ts';
import { invalidPart } from '../errors.ts';
import { parsed } from '../json.ts';
import { utf8Bytes, type Offer } from '../member.ts';
import type { BundleStores } from '../stores.ts';

/** The pairs of a notebook as one file, in the form that the cell reads, each with its id: edits are kept by it. */
export async function offerPairs(stores: BundleStores, notebookId: string): Promise<Offer[]> {
  const stored = await stores.values.get(pairsKey(notebookId));
  if (!Array.isArray(stored) || stored.length === 0) return [];
  const pairs = stored as readonly TuningPair[];
  const content = pairs.map((pair) => `${JSON.stringify(lineOf(pair))}\n`).join('');
  return [
    {
      kind: 'pairs',
      id: 'pairs',
      name: plural(pairs.length, 'tuning pair'),
      bytes: utf8Bytes(content),
      isOwn: true,
      members: async () => [{ path: 'tuning-pairs.jsonl', content }],
    },
  ];
}

const lineOf = ({ id, description, labels, samples, origin, source }: TuningPair) => ({
  id,
  description,
  labels,
  samples: samples.map((texts) => asObject(labels, texts)),
  origin,
  source,
});

/** Reads the pairs back; one that stands twice is taken once. Throws `bundle-invalid` with the line. */
export function readPairs(path: string, content: string): readonly TuningPair[] {
  const pairs = new Map<string, TuningPair>();
  for (const [at, line] of content.split('\n').entries()) {
    if (line === '') continue;
    const where = `${path}, line ${at + 1},`;
    const { id } = (parsed(where, line) ?? {}) as { id?: unknown };
    if (typeof id !== 'string' || id === '' || id.length > 500) throw invalidPart(where, 'it has no id');
    const pair = readLine(where, line);
    pairs.set(id, { ...pair, id });
  }
  return [...pairs.values()];
}

function readLine(where: string, line: string): TuningPair {
  try {
    const [pair] = readPairsJsonl(line, 'a saved notebook').pairs;
    if (pair) return pair;
  } catch (cause) {
    throw invalidPart(where, 'it holds no pair', cause);
  }
  throw invalidPart(where, 'it holds no pair');
}
