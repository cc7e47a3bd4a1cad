import { VerbenaError } from '../../../base/errors.ts';
import { hashAll } from '../../../base/random.ts';
import { estimateTokens } from '../../../core/incubator/prompts.ts';
import {
  augmentDropReasons,
  augmentPrompt,
  readAugmentation,
  type AugmentDropReason,
} from '../../../core/incubator/tuningSet/augment.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import { notebook } from '../../runtime.ts';
import { generatorName, openGenerator } from '../incubator/generators.ts';
import { addPairs, pairStore, usedPairs } from './store.ts';

export class AugmentError extends VerbenaError<'augment-useless' | 'augment-no-examples'> {}

const shownPairCount = 3;
/** Replies without a single pair after which it gives up. */
const patience = 16;

/**
 * Asks the Incubator cell's generator for new pairs, shown some of the table in context; each is kept as it comes. A stop keeps them all.
 * Throws `augment-no-examples`, `augment-useless`, what generating throws.
 */
export async function augment({ signal, onProgress }: RunContext): Promise<void> {
  const { incubator, generatorTuning } = notebook.store.getState().parameters;
  const { augment: wanted, maxTextChars, seed } = generatorTuning;
  const examples = usedPairs();
  if (examples.length === 0)
    throw new AugmentError(
      'augment-no-examples',
      'There is no pair to show the generator.',
      'Turn on a source, or add a file.',
    );
  pairStore.setState({ drops: null });
  const generator = await openGenerator(incubator, { signal, onProgress });
  const source = generatorName(incubator);
  const counts: Partial<Record<AugmentDropReason, number>> = {};
  // Other draws than those of the last time.
  const from = pairStore.getState().added.length * 1000;
  let [kept, asked] = [0, 0];
  const report = () => onProgress({ phase: 'Inventing tasks', done: kept, total: wanted, unit: 'outputs' });
  report();
  const one = async (draw: number): Promise<void> => {
    const { prompt } = augmentPrompt(examples, {
      shown: shownPairCount,
      contextTokens: generator.info.contextTokens,
      replyTokens: incubator.replyTokens,
      draw,
      seed,
      countTokens: (text) => Math.ceil(1.15 * estimateTokens(text)),
    });
    const { reply } = await generator.generate(
      {
        prompt,
        keys: null,
        maxTextChars,
        maxTokens: incubator.replyTokens,
        temperature: incubator.temperature,
        topP: incubator.topP,
        minP: incubator.minP,
        seed: hashAll(seed, draw),
      },
      () => undefined,
      signal,
    );
    if (signal.aborted && reply.finish !== 'end') return;
    const read = readAugmentation(reply, { maxTextChars, known: usedPairs(), source });
    if (typeof read === 'string') counts[read] = (counts[read] ?? 0) + 1;
    else kept += addPairs([read]);
    pairStore.setState({ drops: { kept, counts: { ...counts } } });
    report();
  };
  const isWanting = () => !signal.aborted && kept < wanted && asked < 4 * wanted + patience;
  const lane = async (): Promise<void> => {
    for (; isWanting(); await one(from + asked++))
      if (asked >= patience && kept === 0) throw useless(asked, counts);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(generator.info.parallel, wanted) }, lane));
  } finally {
    await generator.dispose().catch(() => undefined);
  }
}

function useless(replies: number, counts: Partial<Record<AugmentDropReason, number>>): AugmentError {
  const [most] = (Object.entries(counts) as [AugmentDropReason, number][]).sort((a, b) => b[1] - a[1]);
  return new AugmentError(
    'augment-useless',
    `None of ${replies} replies held a new task. Most often: ${most ? augmentDropReasons[most[0]] : 'nothing was said'}.`,
    'Choose a larger generator, longer replies or another temperature in the Incubator cell; models under a billion parameters seldom invent tasks.',
    { replies },
  );
}
