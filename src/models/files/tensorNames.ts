import { ModelFileError } from './errors.ts';

/** A tensor as a model expects it, or as a file has it. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface TensorMatchOptions {
  /** Expected tensors that a file may lack (or have in another shape): a new classification head. */
  readonly mayBeNew?: (name: string) => boolean;
  /** Tensors of a file to pass over: another task's head, saved position ids. */
  readonly ignore?: (name: string) => boolean;
  /** The prefix that some files carry and some do not, e.g. `transformer.`. */
  readonly prefix?: string;
}

export interface TensorMatch {
  /** Expected name -> name in the file. */
  readonly found: ReadonlyMap<string, string>;
  /** Expected tensors to initialise afresh. */
  readonly fresh: readonly string[];
}

/**
 * Pairs a model's tensors with a file's. Throws `tensors-missing`, `tensor-shape`, `tensors-extra`, in this order, each
 * naming all of its tensors in the message (the first ten) and in `details.tensors` (every one).
 */
export function matchTensors(
  expected: readonly NamedShape[],
  found: readonly NamedShape[],
  options: TensorMatchOptions = {},
): TensorMatch {
  const { mayBeNew = () => false, ignore = () => false, prefix = '' } = options;
  const bare = (name: string) => modern(prefix && name.startsWith(prefix) ? name.slice(prefix.length) : name);
  const inFile = new Map(found.map((tensor) => [bare(tensor.name), tensor]));
  const pairs = new Map<string, string>();
  const fresh: string[] = [];
  const missing: string[] = [];
  const misshapen: string[] = [];
  for (const { name, shape } of expected) {
    const match = inFile.get(bare(name));
    inFile.delete(bare(name));
    if (match && sameShape(match.shape, shape)) pairs.set(name, match.name);
    else if (mayBeNew(name)) fresh.push(name);
    else if (match) misshapen.push(`${name}: [${match.shape.join(', ')}] instead of [${shape.join(', ')}]`);
    else missing.push(name);
  }
  const extra = [...inFile.values()].map(({ name }) => name).filter((name) => !ignore(name));
  if (missing.length > 0)
    throw fault('tensors-missing', 'The weights lack', missing, 'Use weights saved from this kind of model.');
  if (misshapen.length > 0)
    throw fault(
      'tensor-shape',
      'The weights have other shapes',
      misshapen,
      'Use the config.json of these weights.',
    );
  if (extra.length > 0)
    throw fault(
      'tensors-extra',
      'The weights hold tensors that this model has no place for:',
      extra,
      'Use the config.json of these weights: number of layers, model type and `untie_r` must agree.',
    );
  return { found: pairs, fresh };
}

// google-bert/bert-base-uncased and its age call a LayerNorm's tensors as TensorFlow does; transformers renames them so, too.
function modern(name: string): string {
  return name.replace(/LayerNorm\.gamma$/, 'LayerNorm.weight').replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

function fault(
  code: 'tensors-missing' | 'tensor-shape' | 'tensors-extra',
  what: string,
  tensors: readonly string[],
  remedy: string,
): ModelFileError {
  const shown = tensors.slice(0, 10).join('; ');
  const more = tensors.length > 10 ? ` and ${tensors.length - 10} more` : '';
  return new ModelFileError(code, `${what} ${shown}${more}.`, remedy, { tensors });
}
