import type { Progress } from '../../base/progress.ts';
import {
  GeneratorError,
  type EndpointOptions,
  type Generated,
  type GenerateRequest,
  type GeneratorInfo,
  type GeneratorService,
  type HubGeneratorOptions,
} from './contract.ts';
import { endpointModels, generateByEndpoint } from './endpoint.ts';
import { openHubGenerator, type HubGenerator } from './hub.ts';

/** The generator worker: see `GeneratorService`. */
export class Generator implements GeneratorService {
  private hub: { readonly key: string; readonly model: HubGenerator } | null = null;

  async openHub(
    options: HubGeneratorOptions,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<GeneratorInfo> {
    const key = JSON.stringify(options);
    if (this.hub?.key !== key) {
      await this.closeHub();
      this.hub = { key, model: await openHubGenerator(options, { signal, onProgress }) };
    }
    return this.hub.model.info;
  }

  generateHub(
    request: GenerateRequest,
    onPiece: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    return this.opened().generate(request, onPiece, signal);
  }

  async countHubTokens(text: string): Promise<number> {
    return this.opened().countTokens(text);
  }

  async closeHub(): Promise<void> {
    const last = this.hub;
    this.hub = null;
    await last?.model.dispose();
  }

  endpointModels(options: EndpointOptions, signal: AbortSignal): Promise<readonly string[]> {
    return endpointModels(options, signal);
  }

  generateEndpoint(
    options: EndpointOptions,
    request: GenerateRequest,
    onPiece: (text: string) => void,
    signal: AbortSignal,
  ): Promise<Generated> {
    return generateByEndpoint(options, request, onPiece, signal);
  }

  private opened(): HubGenerator {
    if (!this.hub)
      throw new GeneratorError('generator-not-open', 'No model is open.', 'Choose a model and start again.');
    return this.hub.model;
  }
}
