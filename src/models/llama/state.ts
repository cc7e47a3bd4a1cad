import { random } from '../../base/random.ts';
import type { Parameter } from '../../engine/graph/types.ts';
import type { EngineSession } from '../../engine/session.ts';
import { isLoraTensor } from '../adapters/trainedParts.ts';
import { matchTensors } from '../files/tensorNames.ts';
import type { StateTensor, TensorInfo } from '../trainable.ts';
import { copyPart, sizeOf, type WeightSource } from '../weights.ts';

/** What may stand in a file and takes no part: saved rotary tables, and a second copy of a tied head. */
const ignored = /(^|\.)rotary_emb\.inv_freq$|^lm_head\.weight$/;

/** Published tensors of a decoder's session; caches are none. */
export function publishedOf(parameters: readonly Parameter[]): TensorInfo[] {
  return parameters.flatMap(({ parts }) => parts.map(({ name, shape }) => ({ name, shape })));
}

/**
 * Fills a session from published weights; low-rank factors that the source lacks start as PEFT starts them, and without a source everything
 * starts fresh. Throws `tensors-missing`, `tensor-shape`, `tensors-extra`.
 */
export async function loadWeights(
  session: EngineSession,
  weights: WeightSource | null,
  fresh: { readonly seed: number; readonly deviation: number },
  onTensor: (done: number, total: number) => void = () => undefined,
): Promise<void> {
  const wanted = publishedOf(session.parameters);
  const found = weights
    ? matchTensors(wanted, weights.tensors, {
        mayBeNew: isLoraTensor,
        ignore: (name) => ignored.test(name),
        prefix: 'model.',
      }).found
    : new Map<string, string>();
  const roles = new Map(
    session.parameters.flatMap(({ parts, role }) => parts.map(({ name }) => [name, role] as const)),
  );
  async function* tensors(): AsyncIterable<StateTensor> {
    for (const [index, { name, shape }] of wanted.entries()) {
      const inFile = found.get(name);
      const data =
        weights && inFile !== undefined
          ? await weights.read(inFile)
          : freshTensor(name, shape, roles.get(name), fresh.deviation, random(fresh.seed, index));
      onTensor(index + 1, wanted.length);
      yield { kind: 'parameter', name, shape, data };
    }
  }
  await writeParameters(session, tensors());
}

/** transformers' initialisation; PEFT's for low-rank factors: B zero, so that an adapted model begins as the model it adapts. */
function freshTensor(
  name: string,
  shape: readonly number[],
  role: Parameter['role'] | undefined,
  deviation: number,
  draw: ReturnType<typeof random>,
): Float32Array {
  const data = new Float32Array(sizeOf(shape));
  if (role === 'norm') return data.fill(1);
  if (role === 'bias' || name.endsWith('.lora_B.weight')) return data;
  const scale = isLoraTensor(name) ? 1 / Math.sqrt(3 * (shape[1] ?? 1)) : deviation;
  for (let i = 0; i < data.length; i++) data[i] = scale * draw.normal();
  return data;
}

/** Published tensors into the engine's parameters, each written when its last part has come. Names that the session lacks are passed over. */
export async function writeParameters(
  session: EngineSession,
  tensors: AsyncIterable<StateTensor> | Iterable<StateTensor>,
): Promise<void> {
  const owners = new Map(
    session.parameters.flatMap((owner) => owner.parts.map((part) => [part.name, { owner, part }] as const)),
  );
  const pending = new Map<string, { packed: Float32Array; missing: number }>();
  for await (const { name, data } of tensors) {
    const place = owners.get(name);
    if (!place) continue;
    const { owner, part } = place;
    const key = owner.tensor.name;
    if (owner.parts.length === 1) {
      await session.write('parameter', key, data);
      continue;
    }
    const entry = pending.get(key) ?? {
      packed: new Float32Array(sizeOf(owner.shape)),
      missing: owner.parts.length,
    };
    copyPart(owner, part, entry.packed, data, 'pack');
    entry.missing -= 1;
    if (entry.missing > 0) pending.set(key, entry);
    else {
      pending.delete(key);
      await session.write('parameter', key, entry.packed);
    }
  }
}

/** The session's parameters as published tensors, read one at a time. */
export function publishedWeights(session: EngineSession): WeightSource {
  const owners = new Map(
    session.parameters.flatMap((owner) => owner.parts.map((part) => [part.name, { owner, part }] as const)),
  );
  return {
    tensors: publishedOf(session.parameters),
    async read(name) {
      const place = owners.get(name);
      if (!place) throw new RangeError(`There is no tensor '${name}'.`);
      const data = new Float32Array(sizeOf(place.part.shape));
      const packed = await session.read('parameter', place.owner.tensor.name);
      copyPart(place.owner, place.part, packed, data, 'unpack');
      return data;
    },
  };
}
