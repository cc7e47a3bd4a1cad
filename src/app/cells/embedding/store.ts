import { createStore } from 'zustand/vanilla';
import type { Points } from '../../../core/clustering/points.ts';
import {
  applyPrompt,
  ownTemplate,
  promptTemplates,
  type PromptTemplate,
} from '../../../core/embedding/prompts.ts';
import { tfidfDefaults } from '../../../core/embedding/tfidfVectors.ts';
import { VerbenaError } from '../../../base/errors.ts';
import { formatCount } from '../../../notebook/format.ts';
import type { EmbeddingParameters } from '../../../notebook/parameters.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { connectEmbedder } from '../../../services/embedder/client.ts';
import type { TokenCounts } from '../../../services/embedder/contract.ts';
import type { StaticModelFiles } from '../../../services/instructions/contract.ts';
import { openedModel } from '../../modelFiles.ts';
import { notebook } from '../../runtime.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { allTexts, instructionsService } from '../instructions/store.ts';
import { modelName } from '../../../notebook/modelChoice.ts';

export class EmbeddingCellError extends VerbenaError<'static-model-missing'> {}

const embedderService = once(connectEmbedder);

/** Vectors of the open data's texts. */
export interface Embedding {
  /** What made them: equal keys, equal vectors. */
  readonly key: string;
  readonly name: string;
  readonly dataHash: string;
  readonly points: Points;
  readonly width: number;
  readonly tokens: TokenCounts | null;
  readonly fromCache: boolean;
  readonly device: string;
  /** Makes vectors of other texts the same way. */
  readonly parameters: EmbeddingParameters;
}

interface EmbeddingState {
  readonly embedding: Embedding | null;
  /** A model2vec folder that was chosen. */
  readonly staticFiles: (StaticModelFiles & { readonly name: string }) | null;
}

export const embeddingStore = createStore<EmbeddingState>(() => ({ embedding: null, staticFiles: null }));

export const currentEmbedding = (): Embedding | null => {
  const { embedding } = embeddingStore.getState();
  return embedding?.dataHash === session.getState().corpus?.dataHash ? embedding : null;
};

/** The template in force. Throws `template-invalid` for an own one without its slot. */
export function templateOf({ prompt, ownTemplate: own }: EmbeddingParameters): PromptTemplate {
  return promptTemplates.find(({ id }) => id === prompt) ?? ownTemplate(own);
}

export const embedderNames = {
  tfidf: 'TF-IDF',
  lsa: 'LSA',
  static: 'Static (model2vec)',
  encoder: 'Encoder here',
  hub: 'Hub model',
} as const;

/** Shown in the leaderboard: what, pooled how, prompted how. */
export function embeddingName(parameters: EmbeddingParameters): string {
  const { embedder, pooling, rank } = parameters;
  if (embedder === 'tfidf') return 'TF-IDF';
  if (embedder === 'lsa') return `LSA-${rank}`;
  if (embedder === 'static')
    return parameters.staticRepository ?? embeddingStore.getState().staticFiles?.name ?? 'static';
  const model = embedder === 'hub' ? parameters.repository : modelName(parameters.model);
  return `${model}, ${poolingNames[pooling].toLowerCase()}, ${templateOf(parameters).name}`;
}

export const poolingNames = {
  mean: 'Mean',
  first: 'First token ([CLS])',
  last: 'Last token',
  'last-two-layers': 'Last token, last 2 layers',
} as const;

export async function runEmbedding(context: RunContext): Promise<CellOutcome> {
  const { corpus, texts } = await allTexts(context);
  const parameters = notebook.store.getState().parameters.embedding;
  const made = await embed(texts, parameters, context);
  const name = embeddingName(parameters);
  const width = 'rowCount' in made.points ? made.points.columnCount : made.points.width;
  embeddingStore.setState({
    embedding: {
      ...made,
      name,
      width,
      key: JSON.stringify(parameters),
      dataHash: corpus.dataHash,
      parameters,
    },
  });
  return {
    headline: `${formatCount(width)} wide`,
    summary: {
      name,
      width,
      rows: texts.length,
      fromCache: made.fromCache,
      tokens: made.tokens && { ...made.tokens },
    },
    ...(parameters.embedder === 'lsa' ? { seed: parameters.seed } : {}),
    model: name,
    device: made.device,
  };
}

interface EmbedOptions {
  /** False in the similarity test, as upstream. */
  readonly addPeriod?: boolean;
  /** Texts that TF-IDF and LSA learn their words from: vectors of other texts then lie in the same space. */
  readonly reference?: readonly string[];
}

/** Vectors of texts by the settings. Throws what the services throw, `model-folder-missing`, `static-model-missing`. */
export async function embed(
  texts: readonly string[],
  parameters: EmbeddingParameters,
  { signal, onProgress }: RunContext,
  { addPeriod = true, reference = texts }: EmbedOptions = {},
): Promise<Pick<Embedding, 'points' | 'tokens' | 'fromCache' | 'device'>> {
  const plain = { tokens: null, fromCache: false, device: 'this CPU' };
  const { embedder, pooling, maxLength, rank, seed } = parameters;
  switch (embedder) {
    case 'tfidf':
      return {
        ...plain,
        points: await instructionsService().tfidf(texts, tfidfDefaults, onProgress, signal, reference),
      };
    case 'lsa': {
      const options = { ...tfidfDefaults, rank, seed };
      const given = reference === texts ? undefined : reference;
      return { ...plain, points: await instructionsService().lsa(texts, options, onProgress, signal, given) };
    }
    case 'static': {
      const files = await staticModel(parameters, { signal, onProgress });
      const points = await instructionsService().staticEmbedding(texts, files, onProgress, signal);
      return { ...plain, points };
    }
    case 'encoder': {
      const source = openedModel(parameters.model);
      const { template } = templateOf(parameters);
      const request = { source, pooling, template, addPeriod, maxLength, lowering: 'auto' } as const;
      const { vectors, ...made } = await embedderService().encode(texts, request, onProgress, signal);
      return { ...made, points: vectors };
    }
    case 'hub': {
      const { template } = templateOf(parameters);
      const { repository, dtype } = parameters;
      const request = {
        repository,
        revision: 'main',
        dtype,
        device: session.getState().device?.lowering === 'webgpu' ? 'webgpu' : 'wasm',
        pooling,
        template,
        addPeriod,
        maxLength,
      } as const;
      const { vectors, ...made } = await embedderService().hub(texts, request, onProgress, signal);
      return { ...made, points: vectors };
    }
  }
}

/** The static embedding that the settings name. Throws `static-model-missing`, what the hub's files throw. */
async function staticModel(
  { staticRepository }: EmbeddingParameters,
  { signal, onProgress }: RunContext,
): Promise<StaticModelFiles> {
  if (staticRepository !== null)
    return instructionsService().openStatic(staticRepository, 'main', onProgress, signal);
  const { staticFiles } = embeddingStore.getState();
  if (staticFiles) return staticFiles;
  throw new EmbeddingCellError(
    'static-model-missing',
    'No static embedding is open in this tab.',
    'Choose the files of a model2vec folder: model.safetensors, tokenizer.json, config.json; or one of the hub.',
  );
}

/** Takes the files of a model2vec folder, dropped or chosen; false where they are none. */
export async function takeStaticFiles(files: readonly File[]): Promise<boolean> {
  const named = (name: string) => files.find((file) => file.name === name);
  const [safetensors, tokenizer, config] = ['model.safetensors', 'tokenizer.json', 'config.json'].map(named);
  if (!safetensors || !tokenizer || !config) return false;
  const configJson = await config.text();
  if (!/"model_type"\s*:\s*"model2vec"/u.test(configJson)) return false;
  const folder = safetensors.webkitRelativePath.split('/').at(-2);
  embeddingStore.setState({
    staticFiles: {
      name: folder ?? 'model2vec',
      safetensors,
      tokenizerJson: await tokenizer.text(),
      configJson,
    },
  });
  return true;
}

/** A text as the model reads it. */
export function promptedExample(parameters: EmbeddingParameters, text: string): string {
  return applyPrompt(templateOf(parameters), text, true);
}
