import { jsonFile } from '../../../base/json.ts';
import * as z from 'zod/mini';
import { parseAdapterConfig } from '../../../models/adapters/files.ts';
import { openSafetensors } from '../../../models/files/safetensors.ts';
import { contentIdOf, listAdapters, type KeptAdapter } from '../../adapters.ts';
import { invalidPart, unusable } from '../errors.ts';
import { checked, parsed } from '../json.ts';
import { isSafeId } from '../manifest.ts';
import { pathName, utf8Bytes, type Offer } from '../member.ts';
import type { BundleStores } from '../stores.ts';

/** A notebook's adapters of the generator: PEFT's folder each, and a note of what it belongs to. */
export async function offerAdapters(stores: BundleStores, notebookId: string): Promise<Offer[]> {
  const kept = await listAdapters(stores.values, notebookId);
  return kept.map(({ config, weights, ...about }): Offer => {
    const folder = `adapters/${pathName(about.name)}-${about.id}`;
    const note = jsonFile(about);
    return {
      kind: 'adapter',
      id: about.id,
      name: about.name,
      bytes: weights.byteLength + utf8Bytes(config) + utf8Bytes(note),
      isOwn: true,
      members: async () => [
        { path: `${folder}/adapter.json`, content: note },
        { path: `${folder}/adapter_config.json`, content: config },
        { path: `${folder}/adapter_model.safetensors`, content: new Blob([weights]) },
      ],
    };
  });
}

const text = z.string().check(z.maxLength(2000));
const schema = z.object({
  id: z.string().check(z.refine(isSafeId, 'no id')),
  name: text,
  baseModel: text,
  createdAt: text,
  note: text,
});

/** Reads an adapter back. Throws `bundle-invalid` where it is none that the engine reads, or another than its id says. */
export async function readAdapter(
  path: string,
  note: string,
  config: string,
  file: Blob,
): Promise<KeptAdapter> {
  const about = checked(`${path}/adapter.json`, note, schema);
  const weights = new Uint8Array(await file.arrayBuffer());
  try {
    parseAdapterConfig(parsed(`${path}/adapter_config.json`, config));
    await openSafetensors(weights);
  } catch (cause) {
    throw unusable(path, cause);
  }
  const adapter = { ...about, config, weights };
  if ((await contentIdOf(adapter)) !== adapter.id)
    throw invalidPart(`${path}/adapter.json`, 'its id is of another adapter');
  return adapter;
}
