import { createStore } from 'zustand/vanilla';
import { VerbenaError } from '../../../base/errors.ts';
import { formatBytes } from '../../../notebook/format.ts';
import type { GeneratorKind, IncubatorParameters } from '../../../notebook/parameters.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import { connectDecoder } from '../../../services/decoder/client.ts';
import { openBrowserModel } from '../../../services/generator/browserModel.ts';
import { connectGenerator, endpointGenerator, hubGenerator } from '../../../services/generator/client.ts';
import type { EndpointOptions, TextGenerator } from '../../../services/generator/contract.ts';
import { endpointBase } from '../../../services/generator/endpoint.ts';
import { notAllowed } from '../../../services/generator/endpointErrors.ts';
import { openDecoderGenerator } from '../../../services/generator/decoder.ts';
import { hubPresets } from '../../../services/generator/presets.ts';
import { once } from '../../services.ts';
import { session } from '../../session.ts';
import { modelName } from '../../../notebook/modelChoice.ts';

export class IncubatorCellError extends VerbenaError<'model-folder-missing'> {}

const generatorService = once(connectGenerator);
export const decoderService = once(connectDecoder);

/** A decoder's files that were chosen in this cell; they have to be chosen again after a reload. */
export const decoderFilesStore = createStore<{ readonly files: readonly File[] | null }>(() => ({
  files: null,
}));

/** What the engine's decoder may be read from. */
export const decoderFiles = (): readonly File[] | null =>
  decoderFilesStore.getState().files ?? session.getState().modelFiles;

interface ConsentState {
  /** Origins that the user allowed in this tab. Never stored and no part of a notebook: a link cannot bring consent along. */
  readonly allowed: ReadonlySet<string>;
  /** For endpoints; in memory only. */
  readonly apiKey: string;
  /** What the server offers, once it was asked. */
  readonly models: { readonly origin: string; readonly names: readonly string[] } | null;
}

export const consentStore = createStore<ConsentState>(() => ({
  allowed: new Set(),
  apiKey: '',
  models: null,
}));

/** The origin of the address that is set; null while it is none. */
export function endpointOrigin({ endpoint }: Pick<IncubatorParameters, 'endpoint'>): string | null {
  try {
    return endpointBase(endpoint.url).origin;
  } catch {
    return null;
  }
}

export const isAllowed = (parameters: Pick<IncubatorParameters, 'endpoint'>): boolean =>
  consentStore.getState().allowed.has(endpointOrigin(parameters) ?? '');

export function allow(origin: string): void {
  consentStore.setState(({ allowed }) => ({ allowed: new Set([...allowed, origin]) }));
}

export function withdraw(origin: string): void {
  consentStore.setState(({ allowed }) => ({
    allowed: new Set([...allowed].filter((one) => one !== origin)),
    models: null,
  }));
}

function assertAllowed(parameters: Pick<IncubatorParameters, 'endpoint'>): void {
  if (!isAllowed(parameters)) throw notAllowed(endpointBase(parameters.endpoint.url).origin);
}

/** A generator that asks for nothing more once consent was withdrawn, and breaks off what it has asked for. */
function whileAllowed(parameters: IncubatorParameters, generator: TextGenerator): TextGenerator {
  return {
    ...generator,
    async generate(request, onPiece, signal) {
      assertAllowed(parameters);
      const withdrawn = new AbortController();
      const forget = consentStore.subscribe(() => {
        if (!isAllowed(parameters)) withdrawn.abort();
      });
      try {
        return await generator.generate(request, onPiece, AbortSignal.any([signal, withdrawn.signal]));
      } finally {
        forget();
      }
    },
  };
}

const firstTimeoutMs = 180_000;
const stallTimeoutMs = 60_000;
const decoderContext = 2048;

function endpointOptions({ endpoint }: IncubatorParameters): EndpointOptions {
  return {
    url: endpointBase(endpoint.url).href,
    model: endpoint.model,
    apiKey: consentStore.getState().apiKey,
    parallel: endpoint.parallel,
    firstTimeoutMs,
    stallTimeoutMs,
  };
}

/** Asks the server which models it has. Throws `endpoint-not-allowed` before any request, and what the endpoint throws. */
export async function askForModels(parameters: IncubatorParameters): Promise<readonly string[]> {
  assertAllowed(parameters);
  const { origin } = endpointBase(parameters.endpoint.url);
  const names = await generatorService().endpointModels(
    endpointOptions(parameters),
    new AbortController().signal,
  );
  consentStore.setState({ models: { origin, names } });
  return names;
}

/** Opens the generator that is chosen. Throws what it throws; `endpoint-not-allowed` before a single request. */
export async function openGenerator(
  parameters: IncubatorParameters,
  { signal, onProgress }: RunContext,
): Promise<TextGenerator> {
  switch (parameters.generator) {
    case 'hub': {
      const device = session.getState().device?.lowering === 'webgpu' ? 'webgpu' : 'wasm';
      return hubGenerator(generatorService(), { ...parameters.hub, device }, onProgress, signal);
    }
    case 'browser':
      return openBrowserModel({ signal, onProgress });
    case 'endpoint':
      assertAllowed(parameters);
      return whileAllowed(
        parameters,
        endpointGenerator(generatorService(), endpointOptions(parameters), parameters.endpoint.contextTokens),
      );
    case 'decoder':
      return openDecoderGenerator(
        decoderService(),
        decoderSource(parameters),
        decoderContext,
        onProgress,
        signal,
      );
  }
}

function decoderSource({ decoder }: IncubatorParameters) {
  if (decoder.kind !== 'files') return decoder;
  const files = decoderFiles();
  if (!files)
    throw new IncubatorCellError(
      'model-folder-missing',
      `The files of “${decoder.name}” are not open in this tab.`,
      'Choose them again beside the model, or choose another model.',
    );
  return { ...decoder, files };
}

export const generatorNames: Readonly<Record<GeneratorKind, string>> = {
  hub: 'Hub model',
  browser: 'Chrome’s own model',
  endpoint: 'Server of yours',
  decoder: 'Verbena’s engine',
};

/** The generator in a few words, for buttons and records. */
export function generatorName(parameters: IncubatorParameters): string {
  switch (parameters.generator) {
    case 'hub': {
      const { repository } = parameters.hub;
      const preset = hubPresets.find((one) => one.repository === repository);
      return preset?.name ?? repository.split('/').at(-1) ?? repository;
    }
    case 'browser':
      return 'Chrome’s model';
    case 'endpoint':
      return parameters.endpoint.model || 'the server';
    case 'decoder':
      return modelName(parameters.decoder);
  }
}

/** The same for buttons: the repository's owner is left out, and of one's own files the name that nearly all have. */
export function generatorLabel(parameters: IncubatorParameters): string {
  const name = generatorName(parameters);
  if (parameters.generator !== 'decoder') return name;
  return name === 'model.safetensors' ? 'your own model' : (name.split('/').at(-1) ?? name);
}

/** What it costs and what leaves the tab, in plain words. */
export function terms(parameters: IncubatorParameters): { readonly costs: string; readonly leaves: string } {
  switch (parameters.generator) {
    case 'hub': {
      const preset = hubPresets.find(({ repository }) => repository === parameters.hub.repository);
      const size = preset
        ? `about ${formatBytes(preset.downloadMB * 1e6)} once (${preset.parameters} parameters, ${preset.licence}). ${preset.remark}`
        : 'its files once.';
      return {
        costs: `Fetches ${size} Then it runs on this device.`,
        leaves: 'The hub sees that the model is fetched. Instruction and texts stay in this tab.',
      };
    }
    case 'browser':
      return {
        costs: 'Chrome may fetch several gigabytes once, for all pages. Then it runs on this device.',
        leaves: 'Nothing leaves this device.',
      };
    case 'endpoint': {
      const { inputPrice, outputPrice } = parameters.endpoint;
      return {
        costs:
          inputPrice + outputPrice > 0
            ? `${inputPrice} a million tokens read, ${outputPrice} a million written, by the prices you set.`
            : 'What the server costs; set prices to see a sum.',
        leaves: `Your instruction, classes, examples and settings are sent to ${endpointOrigin(parameters) ?? 'the server'}. Your data, models and results are not.`,
      };
    }
    case 'decoder':
      return {
        costs: 'Runs on this page’s engine. Files of a hub model are fetched once.',
        leaves: 'Instruction and texts stay in this tab.',
      };
  }
}
