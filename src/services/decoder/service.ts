import { VerbenaError } from '../../base/errors.ts';
import { throwIfAborted, type Progress, type TaskOptions } from '../../base/progress.ts';
import { TextStream } from '../../core/tokenizer/generative.ts';
import type { LoraOptions } from '../../models/adapters/trainedParts.ts';
import type { Lowering } from '../../models/create.ts';
import type { ModelSource } from '../../models/files/sources.ts';
import { exampleOf, promptIds, templateEnds, type PromptOptions } from '../../models/llama/chat.ts';
import { Decoder, type DecoderOptions } from '../../models/llama/decoder.ts';
import { learnedTokens, type CausalExample } from '../../models/llama/feed.ts';
import { Generator } from '../../models/llama/generate.ts';
import type { DecoderFiles } from '../../models/llama/open.ts';
import { meanLoss } from '../../models/llama/score.ts';
import { cutExamples, tuneDecoder, usableExamples } from '../../training/tuneDecoder.ts';
import { transfer } from '../rpc.ts';
import { adapterFiles, heldWeights, readAdapterFiles, usualTargets, type Adapter } from './adapter.ts';
import { constraintsOf } from './constraint.ts';
import type {
  AdapterFiles,
  DecoderInfo,
  DecoderService,
  Generated,
  GenerateOptions,
  OpenOptions,
  TokenPiece,
  Tuned,
  TuneOptions,
  TuningExample,
  TuningStep,
} from './contract.ts';
import { StopTexts } from './stopTexts.ts';
import { Turns } from './turns.ts';

/** A place to run, and its end. */
export interface DecoderDevice {
  readonly lowering: Lowering;
  readonly name: string;
  dispose(): void;
}

/** What the service is made of; the browser's set is in browser.ts. */
export interface DecoderDependencies {
  open(source: ModelSource, options: TaskOptions): Promise<DecoderFiles>;
  device(preferred: OpenOptions['lowering']): Promise<DecoderDevice>;
}

/** What is open. The decoder is made anew when an adapter comes or goes; files and device stay. */
interface Opened {
  readonly files: DecoderFiles;
  readonly device: DecoderDevice;
  readonly contextTokens: number;
  readonly sequences: number;
  decoder: Decoder;
  generator: Generator;
  adapter: Adapter | null;
}

const defaultContextTokens = 1024;
const defaultSequences = 8;
/** Examples that tell how far a tuning has come. */
const scoredExamples = 32;
/** Logits of a training pass, as numbers: 128 MiB, what every device binds. */
const mostLogits = 2 ** 25;

/** What a tuning came to. */
type Learned = Pick<Tuned, 'steps' | 'lossBefore' | 'lossAfter' | 'heldOutLoss' | 'trainedParameters'> & {
  readonly adapter: Adapter | null;
};

/** The decoder service. Runs in workers/decoder.ts. */
export class DecoderHost implements DecoderService {
  private opened: Opened | null = null;
  /** Ends what is under way where the model is closed, or another opened, meanwhile. */
  private closing = new AbortController();
  /** What only asks the open model runs side by side, what changes it alone. */
  private readonly turns = new Turns();

  constructor(private readonly dependencies: DecoderDependencies) {}

  open(
    source: ModelSource,
    options: OpenOptions,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<DecoderInfo> {
    this.interrupt();
    return this.turns.alone(async () => {
      this.dispose();
      const task = { signal, onProgress };
      const files = await this.dependencies.open(source, task);
      throwIfAborted(signal);
      const device = await this.dependencies.device(options.lowering);
      const size = {
        contextTokens: options.contextTokens ?? defaultContextTokens,
        sequences: options.sequences ?? defaultSequences,
      };
      try {
        const decoder = await this.createDecoder({ files, device, ...size }, task);
        this.opened = { files, device, ...size, decoder, generator: new Generator(decoder), adapter: null };
      } catch (error) {
        device.dispose();
        throw error;
      }
      return infoOf(this.opened);
    });
  }

  info(): Promise<DecoderInfo | null> {
    return this.turns.sideBySide(async () => this.opened && infoOf(this.opened));
  }

  generate(
    prompt: string,
    options: GenerateOptions,
    onToken: (piece: TokenPiece) => void,
    stop: AbortSignal,
  ): Promise<Generated> {
    const signal = AbortSignal.any([stop, this.closing.signal]);
    return this.turns.sideBySide(async () => {
      const { files, generator } = this.required();
      const { tokenizer, config } = files;
      const prompting = promptingOf(files, options);
      const { template } = prompting;
      const ids = promptIds(tokenizer, prompt, prompting);
      const endIds = [...new Set([...files.endIds, ...templateEnds(tokenizer, template)])];
      const count = options.count ?? 1;
      // SentencePiece writes the first word of a text with a space in front of it.
      const isTextStart = template === 'none' && ids.length <= Math.max(1, tokenizer.before.length);
      const texts = Array.from({ length: count }, () => '');
      const streams = texts.map(() => new TextStream(tokenizer, isTextStart));
      const stops = texts.map(() => new StopTexts(options.stop ?? []));
      let tokens = 0;
      let begunAt: number | null = null;
      const show = (reply: number, text: string) => {
        texts[reply] += text;
        if (text === '') return;
        const seconds = (performance.now() - (begunAt ?? performance.now())) / 1000;
        onToken({ reply, text, tokens, tokensPerSecond: seconds > 0 ? tokens / seconds : 0 });
      };
      const outcome = await generator.generate(ids, {
        ...options,
        count,
        endIds,
        signal,
        constrain: options.constraint
          ? constraintsOf(tokenizer, options.constraint, endIds, config.vocabularySize)
          : undefined,
        onToken(reply, token) {
          begunAt ??= performance.now();
          tokens += 1;
          const piece = stops[reply]?.push(streams[reply]?.push(token) ?? '');
          show(reply, piece?.text ?? '');
          return piece?.isStopped ? 'stop' : 'go';
        },
      });
      outcome.replies.forEach(({ finish }, reply) => {
        if (finish === 'stop') return;
        const last = stops[reply]?.push(streams[reply]?.end() ?? '');
        show(reply, (last?.text ?? '') + (stops[reply]?.end() ?? ''));
      });
      return {
        replies: outcome.replies.map((reply, i) => ({
          text: texts[i] ?? '',
          tokens: reply.tokens.length,
          meanLogProbability: reply.tokens.length > 0 ? reply.logProbability / reply.tokens.length : 0,
          finish: reply.finish,
        })),
        promptTokens: ids.length,
        newTokens: tokens,
        prefillMs: outcome.prefillMs,
        decodeMs: outcome.decodeMs,
        tokensPerSecond: outcome.decodeMs > 0 ? (1000 * tokens) / outcome.decodeMs : 0,
      };
    });
  }

  countTokens(text: string): Promise<number> {
    return this.turns.sideBySide(async () => this.required().files.tokenizer.encode(text).length);
  }

  tune(
    examples: readonly TuningExample[],
    options: TuneOptions,
    onStep: (step: TuningStep) => void,
    stop: AbortSignal,
  ): Promise<Tuned> {
    const signal = AbortSignal.any([stop, this.closing.signal]);
    return this.turns.alone(async () => {
      const opened = this.required();
      const { files } = opened;
      const prompting = { ...promptingOf(files, options), endIds: files.endIds };
      const encoded = examples.map((example) => exampleOf(files.tokenizer, example, prompting));
      const longest = Math.min(options.maxLength, options.budgetTokens, opened.decoder.contextTokens);
      const { examples: rows, cut } = cutExamples(encoded, longest);
      usableExamples(rows);
      const unseen = (options.heldOut ?? []).map((example) => exampleOf(files.tokenizer, example, prompting));
      const heldOut = cutExamples(unseen, longest)
        .examples.filter((example) => learnedTokens(example) > 0)
        .slice(0, scoredExamples);
      const targets = options.targets.length > 0 ? options.targets : usualTargets;
      const lora = { rank: options.rank, alpha: options.alpha, dropout: options.dropout, targets };
      const before = opened.adapter;
      // The session that generates makes room for the one that trains.
      opened.decoder.dispose();
      let learned: Learned | null = null;
      try {
        learned = await this.learn(opened, { rows, heldOut }, lora, options, onStep, signal);
      } finally {
        // Also after a failure the decoder goes on, as it was.
        await this.replace(opened, learned?.adapter ?? before);
      }
      const { adapter: _, ...outcome } = learned;
      return { ...outcome, cutExamples: cut, aborted: signal.aborted, info: infoOf(opened) };
    });
  }

  /** Tunes a fresh adapter in a session of its own; `adapter` is null where it was stopped before its first step. */
  private async learn(
    opened: Opened,
    {
      rows,
      heldOut,
    }: { readonly rows: readonly CausalExample[]; readonly heldOut: readonly CausalExample[] },
    lora: LoraOptions,
    options: TuneOptions,
    onStep: (step: TuningStep) => void,
    signal: AbortSignal,
  ): Promise<Learned> {
    const { budgetTokens, seed } = options;
    const fitting = Math.floor(mostLogits / opened.files.config.vocabularySize);
    const learnedAtOnce = Math.max(
      ...[...rows, ...heldOut].map(learnedTokens),
      Math.min(budgetTokens, fitting),
    );
    const decoder = await this.createDecoder(opened, {
      trained: { lora, frozen: [] },
      budgetTokens,
      learnedAtOnce,
      seed,
    });
    try {
      const scored = rows.slice(0, scoredExamples);
      const unseenLoss = async () => (heldOut.length > 0 ? meanLoss(decoder, heldOut) : null);
      const lossBefore = await meanLoss(decoder, scored);
      const unseenBefore = await unseenLoss();
      const steps = await tuneDecoder(decoder, rows, options, onStep, signal);
      const lossAfter = steps.length > 0 ? await meanLoss(decoder, scored) : lossBefore;
      const unseenAfter = steps.length > 0 ? await unseenLoss() : unseenBefore;
      const heldOutLoss =
        unseenBefore === null ? null : { before: unseenBefore, after: unseenAfter ?? unseenBefore };
      const name = `tuned for ${steps.length} steps on ${rows.length} examples`;
      const weights = steps.length > 0 ? await heldWeights(decoder.adapter) : null;
      return {
        steps,
        lossBefore,
        lossAfter,
        heldOutLoss,
        trainedParameters: decoder.trainedCount,
        adapter: weights && { name, lora, weights },
      };
    } finally {
      decoder.dispose();
    }
  }

  exportAdapter(): Promise<AdapterFiles> {
    return this.turns.alone(async () => {
      const { adapter, files } = this.required();
      if (!adapter)
        throw new VerbenaError(
          'adapter-missing',
          'No adapter is at work.',
          'Tune the decoder, or load an adapter.',
        );
      const made = await adapterFiles(adapter, files.name);
      return transfer(made, [made.weights.buffer]);
    });
  }

  importAdapter(files: AdapterFiles): Promise<DecoderInfo> {
    return this.turns.alone(async () => {
      const opened = this.required();
      const before = opened.adapter;
      const adapter = await readAdapterFiles(files);
      opened.decoder.dispose();
      try {
        await this.putToWork(opened, adapter);
      } catch (error) {
        // Of another model, or damaged: what was at work goes on.
        await this.replace(opened, before);
        throw error;
      }
      return infoOf(opened);
    });
  }

  dropAdapter(): Promise<DecoderInfo> {
    return this.turns.alone(async () => {
      const opened = this.required();
      if (opened.adapter) {
        opened.decoder.dispose();
        await this.replace(opened, null);
      }
      return infoOf(opened);
    });
  }

  close(): Promise<void> {
    this.interrupt();
    return this.turns.alone(async () => this.dispose());
  }

  /** A decoder in place of one that was disposed of. Where that fails, none is open any more. */
  private async replace(opened: Opened, adapter: Adapter | null): Promise<void> {
    try {
      await this.putToWork(opened, adapter);
    } catch (error) {
      opened.device.dispose();
      this.opened = null;
      throw error;
    }
  }

  /** Makes the decoder anew with an adapter, or without. Where that fails, the device is free for another try. */
  private async putToWork(opened: Opened, adapter: Adapter | null): Promise<void> {
    const decoder = await this.createDecoder(
      opened,
      adapter ? { trained: { lora: adapter.lora, frozen: [] } } : {},
    );
    try {
      if (adapter) await decoder.loadAdapter(adapter.weights);
    } catch (error) {
      decoder.dispose();
      throw error;
    }
    opened.decoder = decoder;
    opened.generator = new Generator(decoder);
    opened.adapter = adapter;
  }

  private createDecoder(
    {
      files,
      device,
      contextTokens,
      sequences,
    }: Pick<Opened, 'files' | 'device' | 'contextTokens' | 'sequences'>,
    options: Partial<DecoderOptions>,
  ): Promise<Decoder> {
    const { json: config, weights } = files;
    const { lowering } = device;
    return Decoder.create({ config, weights, lowering, contextTokens, sequences, ...options });
  }

  private required(): Opened {
    if (this.opened) return this.opened;
    throw new VerbenaError('decoder-not-open', 'No decoder is open.', 'Open a model first.');
  }

  private interrupt(): void {
    this.closing.abort();
    this.closing = new AbortController();
  }

  private dispose(): void {
    this.opened?.decoder.dispose();
    this.opened?.device.dispose();
    this.opened = null;
  }
}

/** How a request's prompt is to be written for this model. */
function promptingOf(
  { chat, config }: DecoderFiles,
  { template = 'auto', system }: Pick<GenerateOptions, 'template' | 'system'>,
): PromptOptions {
  const { beginId } = config;
  if (template !== 'auto' && template !== chat.template) return { template, system, beginId };
  return { ...chat, system: system ?? chat.defaultSystem ?? undefined, beginId };
}

function infoOf({ files, device, decoder, adapter }: Opened): DecoderInfo {
  return {
    name: files.name,
    modelType: files.config.modelType,
    parameters: decoder.parameterCount,
    layers: files.config.layers,
    vocabularySize: files.config.vocabularySize,
    contextTokens: decoder.contextTokens,
    sequences: decoder.sequences,
    template: files.chat.template,
    lowering: device.lowering.kind,
    device: device.name,
    memoryBytes: decoder.session.plan.totalBytes,
    adapter: adapter?.name ?? null,
  };
}
