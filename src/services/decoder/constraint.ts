import { createJsonConstraint, createTokenMasker } from '../../core/incubator/jsonConstraint.ts';
import type { GenerativeTokenizer } from '../../core/tokenizer/generative.ts';
import type { TokenConstraint } from '../../models/llama/sampling.ts';
import type { JsonConstraint } from './contract.ts';

const defaultValueLength = 600;

/** Constraints for the replies of one request; masks are shared among them. Throws `constraint-impossible`. */
export function constraintsOf(
  tokenizer: GenerativeTokenizer,
  { keys, maxValueLength = defaultValueLength }: JsonConstraint,
  endIds: readonly number[],
  vocabularySize: number,
): () => TokenConstraint {
  const tokens = tokenTexts(tokenizer, vocabularySize);
  const characters = new Set(tokens.flatMap((token) => [...(token ?? '')]));
  const grammar = createJsonConstraint({
    keys,
    maxTextChars: maxValueLength,
    canWrite: (character) => characters.has(character),
  });
  const masker = createTokenMasker(grammar, tokens, endIds);
  return () => {
    let state = grammar.start;
    return {
      allowed: () => masker.mask(state),
      accept(token) {
        state = masker.take(state, token) ?? state;
      },
      get isComplete() {
        return grammar.isDone(state);
      },
    };
  };
}

const textsOf = new WeakMap<GenerativeTokenizer, readonly (string | null)[]>();

/** What each token adds to a text: bytes that are no whole character as U+FFFD, null for special tokens and ids without a token. */
function tokenTexts(tokenizer: GenerativeTokenizer, vocabularySize: number): readonly (string | null)[] {
  const known = textsOf.get(tokenizer);
  if (known) return known;
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const texts = Array.from({ length: vocabularySize }, (_, id) => {
    const bytes = tokenizer.bytesOf(id);
    return bytes.length === 0 ? null : decoder.decode(bytes);
  });
  textsOf.set(tokenizer, texts);
  return texts;
}
