import { occludedRows, tokensOfCut, wordUnits, type Unit } from '../../../core/attribution/occlusion.ts';
import { textService } from '../../services.ts';
import { trainerService } from '../training/trainer.ts';
import type { Answers } from './answers.ts';

/** One text with every word left out in turn. */
export interface Explanation {
  readonly units: readonly Unit[];
  /** Words that are left out together; 1: each by itself. */
  readonly wordsTogether: number;
  /** `[1 + units, labels]`, the whole text first. */
  readonly logits: Float32Array;
}

/** Asks the model about a text without each of its words. Throws what predicting throws, `aborted`. */
export async function explain(answers: Answers, row: number, signal: AbortSignal): Promise<Explanation> {
  const { run, texts, tokens, tokenizer, cleaning } = answers;
  const cut = tokens.ids.slice(tokens.offsets[row], tokens.offsets[row + 1]);
  const service = textService();
  const [cleaned = ''] = await service.clean([texts[row] ?? ''], cleaning);
  const whole = await service.tokenize(cleaned, tokenizer);
  const strings = tokensOfCut(cut, whole.ids, whole.tokens) ?? Array.from(cut, String);
  const units = wordUnits(strings);
  const words = wordUnits(strings, Number.POSITIVE_INFINITY).length;
  const labels = run.labels.length;
  const logits = new Float32Array((1 + units.length) * labels).fill(Number.NaN);
  let done = 0;
  const take = (batch: { readonly rows: Uint32Array; readonly logits: Float32Array }) => {
    batch.rows.forEach((at, b) =>
      logits.set(batch.logits.subarray(b * labels, (b + 1) * labels), at * labels),
    );
    done += batch.rows.length;
  };
  await trainerService().predict(run.runId, occludedRows(cut, units), take, signal);
  while (done <= units.length) await new Promise((resolve) => setTimeout(resolve, 5));
  return { units, wordsTogether: Math.ceil(words / Math.max(1, units.length)), logits };
}
