import { chooseExamples } from '../../../core/incubator/examples.ts';
import { checkLabels, parseLabels } from '../../../core/incubator/labels.ts';
import {
  buildPrompt,
  estimateTokens,
  ownPrompt,
  promptPresets,
  type PromptPreset,
} from '../../../core/incubator/prompts.ts';
import { dropReasons, type Collected, type DropReason } from '../../../core/incubator/replies.ts';
import { hashAll } from '../../../base/random.ts';
import { plural } from '../../../notebook/format.ts';
import { generateReplies } from '../../../notebook/generations/generate.ts';
import type { IncubatorParameters } from '../../../notebook/parameters.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellOutcome, CellTask } from '../../../notebook/runner.ts';
import type { GenerateRequest } from '../../../services/generator/contract.ts';
import { createNextRun } from '../../nextRun.ts';
import { notebook, runner } from '../../runtime.ts';
import { toast } from '../../toasts.ts';
import { generatorName, openGenerator } from './generators.ts';
import {
  addReplies,
  addSet,
  choose,
  chosenSet,
  incubatorStore,
  keepLive,
  setById,
  type LoadedSet,
} from './store.ts';

/** Classes in force: the list that was written, else what the instruction names. */
export const labelsOf = ({ labels, instruction }: Pick<IncubatorParameters, 'labels' | 'instruction'>) =>
  labels ?? parseLabels(instruction).labels;

export function presetOf({
  prompt,
  ownTemplate,
}: Pick<IncubatorParameters, 'prompt' | 'ownTemplate'>): PromptPreset {
  return promptPresets.find(({ id }) => id === prompt) ?? ownPrompt(ownTemplate);
}

/** The set that more of the same would go into: generated from this instruction for these classes. */
export function continued(parameters: IncubatorParameters): LoadedSet | null {
  const set = chosenSet(incubatorStore.getState());
  if (!set || set.record.source.kind !== 'generated') return null;
  const isSame =
    set.record.instruction === parameters.instruction.trim() &&
    JSON.stringify(set.record.labels) === JSON.stringify(labelsOf(parameters));
  return isSame ? set : null;
}

/** Objects that a run would bring the set to. */
export function targetOf(parameters: IncubatorParameters): number {
  const have = continued(parameters)?.collected.kept.length ?? 0;
  return have < parameters.count ? parameters.count : Math.min(4096, have + parameters.count);
}

const nextSet = createNextRun<'new'>(() => runner.run('incubator'));

/** Generates a new set, though the chosen one could go on. */
export const generateNewSet = (): Promise<void> => nextSet.start('new');

const liveEveryMs = 150;
const keepEveryMs = 500;

/** Generates until the set has what is wanted. Each reply is kept as it comes; a stop keeps half a reply. */
export const runIncubator: CellTask = async (context): Promise<CellOutcome> => {
  const { signal, onProgress } = context;
  const parameters = notebook.store.getState().parameters.incubator;
  const labels = checkLabels(labelsOf(parameters));
  const preset = presetOf(parameters);
  const instruction = parameters.instruction.trim();
  const examples = chooseExamples(instruction, parameters.examples).map(({ example }) => example);
  const before = nextSet.take() === 'new' ? null : continued(parameters);
  const wanted = before ? targetOf(parameters) : parameters.count;

  /** Real tokens to estimated ones, once there is a tokenizer to ask. */
  let ratio = 1;
  const prompt = (draw: number, contextTokens: number) =>
    buildPrompt({
      preset,
      instruction,
      labels,
      examples,
      contextTokens,
      replyTokens: parameters.replyTokens,
      countTokens: (text) => Math.ceil(ratio * estimateTokens(text)),
      draw,
      seed: parameters.seed,
    });
  // What cannot be asked is said before anything is fetched.
  const whole = prompt(0, Number.POSITIVE_INFINITY);
  const generator = await openGenerator(parameters, context);
  const { info } = generator;
  if (generator.countTokens) {
    const text = `${whole.system}\n${whole.user}`;
    // A little above: templates and other draws add some.
    ratio = (1.05 * (await generator.countTokens(text)) + 16) / estimateTokens(text);
  }
  prompt(0, info.contextTokens);
  const set =
    before ??
    addSet({
      instruction,
      labels,
      source: { kind: 'generated', generator: parameters.generator, model: generatorName(parameters) },
      settings: settingsOf(parameters),
    });
  const { id } = set.record;
  choose(id);
  const now = () => setById(id) ?? set;
  // A set that was removed wants nothing more.
  const have = () => setById(id)?.collected.kept.length ?? wanted;
  const start = have();
  const request = (draw: number): GenerateRequest => ({
    prompt: prompt(draw, info.contextTokens),
    keys: parameters.constrained && info.canConstrain ? labels : null,
    maxTextChars: parameters.maxTextChars,
    maxTokens: parameters.replyTokens,
    temperature: parameters.temperature,
    topP: parameters.topP,
    minP: parameters.minP,
    seed: hashAll(parameters.seed, draw),
  });
  const draw = paced((texts: readonly string[]) => incubatorStore.setState({ live: texts }), liveEveryMs);
  const keep = paced((texts: readonly string[]) => keepLive(id, texts), keepEveryMs);
  const report = () =>
    onProgress({ phase: 'Generating', done: have() - start, total: wanted - start, unit: 'outputs' });
  report();
  try {
    const usage = await generateReplies({
      generator,
      wanted,
      have,
      complaint: () => complaintOf(now().collected),
      request,
      from: now().replies.length,
      usage: now().record.usage,
      inputPrice: parameters.generator === 'endpoint' ? parameters.endpoint.inputPrice : 0,
      outputPrice: parameters.generator === 'endpoint' ? parameters.endpoint.outputPrice : 0,
      async onReply(reply, spent) {
        await addReplies(id, [reply], spent);
        report();
      },
      onLive(texts) {
        draw.next(texts);
        keep.next(texts);
      },
      onNote: (note) => toast(note),
      signal,
    });
    const { collected } = now();
    return {
      headline: plural(collected.kept.length, 'object'),
      summary: {
        setId: id,
        objects: collected.kept.length,
        classes: [...collected.labels],
        dropped: collected.drops.length,
        requests: usage.requests,
        tokens: usage.newTokens,
      },
      seed: parameters.seed,
      model: info.name,
      device: info.device,
    };
  } finally {
    draw.end([]);
    keep.end([]);
    await generator.dispose().catch(() => undefined);
  }
};

/** Calls at most once an interval and always with the last value. */
function paced<T>(call: (value: T) => void, everyMs: number) {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last: { readonly value: T } | null = null;
  return {
    next(value: T) {
      last = { value };
      timer ??= setTimeout(() => {
        timer = null;
        if (last) call(last.value);
      }, everyMs);
    },
    /** The last word, at once. */
    end(value: T) {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      last = null;
      call(value);
    },
  };
}

function complaintOf({ counts }: Collected): string {
  const [most] = (Object.entries(counts) as [DropReason, number][]).sort((a, b) => b[1] - a[1]);
  return most ? `${dropReasons[most[0]]} (${most[1]} times)` : 'nothing was said';
}

/** What a set remembers of how it was asked for. */
function settingsOf(parameters: IncubatorParameters): Plain {
  const {
    prompt,
    ownTemplate,
    examples,
    constrained,
    temperature,
    topP,
    minP,
    replyTokens,
    maxTextChars,
    seed,
  } = parameters;
  return {
    prompt,
    ...(prompt === 'own' ? { ownTemplate } : {}),
    examples,
    constrained,
    temperature,
    topP,
    minP,
    replyTokens,
    maxTextChars,
    seed,
  };
}
