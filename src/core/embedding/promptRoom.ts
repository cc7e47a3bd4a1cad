import { ownTemplate, type PromptTemplate } from './prompts.ts';
import { EmbeddingError } from './vectors.ts';

/** A prompt that leaves room for its text. */
export interface FittedPrompt {
  readonly prompt: PromptTemplate;
  /** Its tokens with no text in it. */
  readonly tokens: number;
  /** Words that were left out of its beginning; empty where it stands whole. */
  readonly dropped: string;
}

/** Tokens that a text has at least, whatever the prompt takes. */
const leastRoom = 16;

/**
 * A template of which at most `maxLength - leastRoom` tokens are left: words go from its beginning, first ones first. What comes after
 * the text stays, as PIE's vector is read at its end. Throws `prompt-too-long` where even that leaves no room.
 */
export function fitPrompt(
  template: string,
  maxLength: number,
  tokensOf: (prompt: PromptTemplate) => number,
): FittedPrompt {
  const whole = ownTemplate(template);
  const limit = maxLength - Math.min(leastRoom, Math.ceil(maxLength / 2));
  const wholeTokens = tokensOf(whole);
  if (wholeTokens <= limit) return { prompt: whole, tokens: wholeTokens, dropped: '' };
  const slot = template.indexOf('{instruction}');
  const words = template.slice(0, slot).match(/\s*\S+/gu) ?? [];
  const without = (count: number) => {
    const prompt = ownTemplate(
      words.slice(count).join('').trimStart() + spaceBefore(template, slot) + template.slice(slot),
    );
    return { prompt, tokens: tokensOf(prompt), dropped: words.slice(0, count).join('').trim() };
  };
  // Fewer words are hardly ever more tokens: the fewest that have to go, by halving.
  let [low, high] = [0, words.length];
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (without(middle).tokens <= limit) high = middle;
    else low = middle;
  }
  const fitted = without(high);
  if (fitted.tokens <= limit) return fitted;
  throw new EmbeddingError(
    'prompt-too-long',
    `What the prompt says after the text takes ${fitted.tokens} of ${maxLength} tokens, which leaves too few for the text.`,
    `Set the length limit to ${wholeTokens + leastRoom} tokens or more, or choose a shorter prompt.`,
    { maxLength, tokens: wholeTokens },
  );
}

function spaceBefore(template: string, slot: number): string {
  return /\s*$/u.exec(template.slice(0, slot))?.[0] ?? '';
}
