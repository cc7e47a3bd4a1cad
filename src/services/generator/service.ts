import { throwIfAborted, type Progress } from '../../base/progress.ts';
import { serialQueue } from '../../base/serialQueue.ts';
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
  /** One model is opened at a time: of two at once, one would stay in memory with nobody to close it. */
  private readonly inOrder = serialQueue();

  /** `openModel`: how a hub model is opened. */
  constructor(private readonly openModel: typeof openHubGenerator = openHubGenerator) {}

  openHub(
    options: HubGeneratorOptions,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<GeneratorInfo> {
    return this.inOrder(async () => {
      throwIfAborted(signal);
      const key = JSON.stringify(options);
      if (this.hub?.key !== key) {
        await this.dispose();
        this.hub = { key, model: await this.openModel(options, { signal, onProgress }) };
      }
      return this.hub.model.info;
    });
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

  closeHub(): Promise<void> {
    return this.inOrder(() => this.dispose());
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

  private async dispose(): Promise<void> {
    const last = this.hub;
    this.hub = null;
    await last?.model.dispose();
  }

  private opened(): HubGenerator {
    if (!this.hub)
      throw new GeneratorError('generator-not-open', 'No model is open.', 'Choose a model and start again.');
    return this.hub.model;
  }
}
