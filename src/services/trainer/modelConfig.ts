import { VerbenaError } from '../../base/errors.ts';
import { hubFile, hubRepository } from '../../models/files/hub.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import type { ModelSource } from './contract.ts';
import { modelFilesOf } from './droppedFiles.ts';

/**
 * A model's config.json alone: enough to plan its memory without fetching its weights. Throws `model-file-missing`,
 * `model-config`, `hub-*`.
 */
export async function readModelConfig(source: ModelSource, storage: ModelStorage): Promise<unknown> {
  const text = await configText(source, storage);
  if (text === null)
    throw new VerbenaError(
      'model-file-missing',
      `The model '${source.kind === 'hub' ? source.repository : source.name}' has no config.json.`,
      'A model needs config.json, model.safetensors and tokenizer.json (or spiece.model).',
    );
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new VerbenaError(
      'model-config',
      'config.json is not usable: it is not JSON.',
      'Use the config.json published with the model.',
      {},
      error,
    );
  }
}

async function configText(source: ModelSource, storage: ModelStorage): Promise<string | null> {
  switch (source.kind) {
    case 'files':
      return (
        (await modelFilesOf(source.files)
          .find(({ name }) => name === 'config.json')
          ?.text()) ?? null
      );
    case 'hub': {
      const repository = await hubRepository(source.repository, source.revision, storage);
      return (await hubFile(repository, 'config.json', storage)).text();
    }
    case 'embedded': {
      const base = new URL(import.meta.env?.BASE_URL ?? '/', self.location.origin);
      const response = await fetch(new URL(`models/${encodeURIComponent(source.name)}/config.json`, base));
      return response.ok ? response.text() : null;
    }
  }
}
