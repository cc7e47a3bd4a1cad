import type { WeightSource } from '../weights.ts';
import { ModelFileError } from './errors.ts';

/** File names of an index such as `model.safetensors.index.json`, and which tensor stands in which. */
export interface ShardIndex {
  /** The index's own name. */
  readonly name: string;
  readonly files: readonly string[];
  readonly fileOf: ReadonlyMap<string, string>;
}

/** Parses a shard index; its shards end in `extension`. Throws `shard-index`. */
export function parseShardIndex(json: string, name: string, extension: '.safetensors' | '.bin'): ShardIndex {
  const fault = (what: string, details?: Record<string, unknown>) => indexFault(name, what, details);
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw fault('it is not JSON', { reason: String(error) });
  }
  const map = (value as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw fault('it has no weight_map');
  const entries = Object.entries(map);
  if (entries.length === 0) throw fault('its weight_map is empty');
  // Names become paths and addresses: a plain file name only.
  const isName = (file: unknown) =>
    typeof file === 'string' && /^[\w.-]+$/.test(file) && file.endsWith(extension);
  const bad = entries.find(([, file]) => !isName(file));
  if (bad) throw fault(`'${bad[0]}' points to ${JSON.stringify(bad[1])}, which is no file name`);
  const fileOf = new Map(entries as [string, string][]);
  return { name, files: [...new Set(fileOf.values())].sort(), fileOf };
}

/** Refuses an index of which some files are not there. Throws `shard-missing`, which names them. */
export function requireShards({ files }: ShardIndex, isThere: (file: string) => boolean): void {
  const missing = files.filter((file) => !isThere(file));
  if (missing.length === 0) return;
  throw new ModelFileError(
    'shard-missing',
    `The weights are split into ${files.length} files, and ${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} missing.`,
    'Add all of the weight files that were published with the model.',
    { missing },
  );
}

/**
 * Several weight files as one, still read a tensor at a time. Throws `shard-missing`, and `shard-index` where a shard lacks a tensor that
 * the index promises, or holds one that the index puts elsewhere.
 */
export function joinShards(index: ShardIndex, shards: ReadonlyMap<string, WeightSource>): WeightSource {
  requireShards(index, (file) => shards.has(file));
  const homes = new Map<string, WeightSource>();
  for (const [file, shard] of shards)
    for (const { name } of shard.tensors) {
      if (index.fileOf.get(name) !== file)
        throw indexFault(index.name, `${file} holds '${name}', which it should not`);
      homes.set(name, shard);
    }
  for (const [name, file] of index.fileOf)
    if (!homes.has(name))
      throw indexFault(index.name, `${file} does not hold '${name}'`, { tensor: name, file });
  return {
    tensors: index.files.flatMap((file) => shards.get(file)?.tensors ?? []),
    async read(name) {
      const shard = homes.get(name);
      if (!shard) throw indexFault(index.name, `no file holds '${name}'`, { tensor: name });
      return shard.read(name);
    },
  };
}

function indexFault(name: string, what: string, details: Record<string, unknown> = {}): ModelFileError {
  return new ModelFileError(
    'shard-index',
    `${name} is not usable: ${what}.`,
    'Use the index and all weight files of one and the same model.',
    details,
  );
}
