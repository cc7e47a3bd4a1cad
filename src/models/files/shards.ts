import { ModelFileError } from './errors.ts';
import type { SafetensorsFile } from './safetensors.ts';

/** File names of a `model.safetensors.index.json`, and which tensor stands in which. */
export interface ShardIndex {
  readonly files: readonly string[];
  readonly fileOf: ReadonlyMap<string, string>;
}

/** Parses a shard index. Throws `shard-index`. */
export function parseShardIndex(json: string): ShardIndex {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw indexFault('it is not JSON', { reason: String(error) });
  }
  const map = (value as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw indexFault('it has no weight_map');
  const entries = Object.entries(map);
  if (entries.length === 0) throw indexFault('its weight_map is empty');
  // Names become paths and addresses: a plain file name only.
  const bad = entries.find(([, file]) => typeof file !== 'string' || !/^[\w.-]+\.safetensors$/.test(file));
  if (bad) throw indexFault(`'${bad[0]}' points to ${JSON.stringify(bad[1])}, which is no file name`);
  const fileOf = new Map(entries as [string, string][]);
  return { files: [...new Set(fileOf.values())].sort(), fileOf };
}

/**
 * Several safetensors files as one. Throws `shard-index` where a shard lacks a tensor that the index promises, or holds
 * one that the index puts elsewhere.
 */
export function joinShards(index: ShardIndex, shards: ReadonlyMap<string, SafetensorsFile>): SafetensorsFile {
  const missingFiles = index.files.filter((file) => !shards.has(file));
  if (missingFiles.length > 0)
    throw new ModelFileError(
      'shard-missing',
      `The weights are split into ${index.files.length} files, and ${missingFiles.join(', ')} ${missingFiles.length > 1 ? 'are' : 'is'} missing.`,
      'Add all of the model-*.safetensors files.',
      { missing: missingFiles },
    );
  const homes = new Map<string, SafetensorsFile>();
  for (const [name, file] of index.fileOf) {
    const shard = shards.get(file);
    if (!shard?.has(name)) throw indexFault(`${file} does not hold '${name}'`, { tensor: name, file });
    homes.set(name, shard);
  }
  for (const [file, shard] of shards)
    for (const { name } of shard.tensors)
      if (index.fileOf.get(name) !== file) throw indexFault(`${file} holds '${name}', which it should not`);
  const home = (name: string) => {
    const shard = homes.get(name);
    if (!shard) throw indexFault(`no file holds '${name}'`, { tensor: name });
    return shard;
  };
  const all = index.files.flatMap((file) => shards.get(file) ?? []);
  return {
    metadata: all[0]?.metadata ?? {},
    tensors: all.flatMap((shard) => shard.tensors),
    byteLength: all.reduce((sum, shard) => sum + shard.byteLength, 0),
    has: (name) => homes.has(name),
    read: async (name) => home(name).read(name),
    readF64: async (name) => home(name).readF64(name),
    readChunks: (name, maxElements) => home(name).readChunks(name, maxElements),
  };
}

function indexFault(what: string, details: Record<string, unknown> = {}): ModelFileError {
  return new ModelFileError(
    'shard-index',
    `model.safetensors.index.json is not usable: ${what}.`,
    'Use the index and all weight files of one and the same model.',
    details,
  );
}
