import { hashAll } from '../../../base/random.ts';
import { throwIfAborted } from '../../../base/progress.ts';
import { chooseExamples } from '../../../core/incubator/examples.ts';
import { buildPrompt, estimateTokens } from '../../../core/incubator/prompts.ts';
import { collect, generatedSet, type Reply } from '../../../core/incubator/replies.ts';
import type { GeneratedSet } from '../../../core/incubator/types.ts';
import { generateReplies } from '../../../notebook/generations/generate.ts';
import { noUsage } from '../../../notebook/generations/types.ts';
import type { RunContext } from '../../../notebook/runner.ts';
import { notebook } from '../../runtime.ts';
import { toast } from '../../toasts.ts';
import { openGenerator } from '../incubator/generators.ts';
import { presetOf } from '../incubator/task.ts';

/** Texts of the same classes from another wording, with the Incubator cell's generator and settings. Throws what generating throws. */
export async function generateFrom(
  instruction: string,
  labels: readonly string[],
  wanted: number,
  { signal, onProgress }: RunContext,
): Promise<GeneratedSet> {
  const parameters = notebook.store.getState().parameters.incubator;
  const generator = await openGenerator(parameters, { signal, onProgress });
  const { info } = generator;
  const examples = chooseExamples(instruction, parameters.examples).map(({ example }) => example);
  const replies: Reply[] = [];
  const now = () => collect(replies, { labels, dropNearDuplicates: parameters.dropNearDuplicates });
  try {
    await generateReplies({
      generator,
      wanted,
      have: () => now().kept.length,
      complaint: () => Object.keys(now().counts)[0] ?? 'nothing was said',
      request: (draw) => ({
        prompt: buildPrompt({
          preset: presetOf(parameters),
          instruction,
          labels,
          examples,
          contextTokens: info.contextTokens,
          replyTokens: parameters.replyTokens,
          countTokens: (text) => Math.ceil(1.15 * estimateTokens(text)),
          draw,
          seed: parameters.seed,
        }),
        keys: parameters.constrained && info.canConstrain ? labels : null,
        maxTextChars: parameters.maxTextChars,
        maxTokens: parameters.replyTokens,
        temperature: parameters.temperature,
        topP: parameters.topP,
        minP: parameters.minP,
        seed: hashAll(parameters.seed, draw, instruction.length),
      }),
      from: 0,
      usage: noUsage,
      inputPrice: 0,
      outputPrice: 0,
      async onReply(reply) {
        replies.push(reply);
        onProgress({ phase: 'Generating', done: now().kept.length, total: wanted, unit: 'outputs' });
      },
      onLive: () => undefined,
      onNote: (note) => toast(note),
      signal,
    });
  } finally {
    await generator.dispose().catch(() => undefined);
  }
  throwIfAborted(signal);
  return generatedSet(instruction, now());
}
