import { neutral, type GenerativeTokenizer } from '../../core/tokenizer/generative.ts';
import type { CausalExample } from './feed.ts';

/** How a prompt is marked up for a model that was trained on conversations. `none`: it goes on where the text ends. */
export type ChatTemplate = 'none' | 'chatml' | 'llama3';

interface Markup {
  readonly begin: string;
  readonly turn: (role: 'system' | 'user' | 'assistant', text: string) => string;
  /** What a reply stands behind. */
  readonly reply: string;
  readonly ends: string;
}

const markups: Readonly<Record<Exclude<ChatTemplate, 'none'>, Markup>> = {
  // Qwen, SmolLM and many others.
  chatml: {
    begin: '',
    turn: (role, text) => `<|im_start|>${role}\n${text}<|im_end|>\n`,
    reply: '<|im_start|>assistant\n',
    ends: '<|im_end|>',
  },
  llama3: {
    begin: '<|begin_of_text|>',
    turn: (role, text) => `<|start_header_id|>${role}<|end_header_id|>\n\n${text.trim()}<|eot_id|>`,
    reply: '<|start_header_id|>assistant<|end_header_id|>\n\n',
    ends: '<|eot_id|>',
  },
};

/** What a model's own chat template says, as far as it is read: Jinja itself is not run. */
export interface ChatFormat {
  readonly template: ChatTemplate;
  /** What the template says where a conversation has no system message; null: nothing. */
  readonly defaultSystem: string | null;
  /** What it puts in front of a reply that is not to be thought about aloud (Qwen3). */
  readonly beforeReply: string;
}

/** The markup that a model's own template uses (in tokenizer_config.json, or a chat_template.jinja), if it is a known one and the vocabulary has its tokens. */
export function chatFormatOf(
  tokenizerConfigJson: string,
  jinja: string | null,
  tokenizer: GenerativeTokenizer,
): ChatFormat {
  const { chat_template: own } = JSON.parse(tokenizerConfigJson) as { chat_template?: unknown };
  // Several templates stand as a list of { name, template }.
  const text = (
    typeof own === 'string' ? own : own === undefined ? (jinja ?? '') : JSON.stringify(own)
  ).replaceAll(String.raw`\n`, '\n');
  const has = (token: string) => text.includes(token) && tokenizer.idOf(token) !== null;
  const template = has('<|im_start|>') ? 'chatml' : has('<|start_header_id|>') ? 'llama3' : 'none';
  const [, defaultSystem = null] =
    template === 'chatml' ? (/<\|im_start\|>system\n([^<{}'"]+)<\|im_end\|>/.exec(text) ?? []) : [];
  const thinks = template !== 'none' && text.includes('enable_thinking');
  return { template, defaultSystem, beforeReply: thinks ? '<think>\n\n</think>\n\n' : '' };
}

export interface PromptOptions {
  readonly template: ChatTemplate;
  readonly beforeReply?: string;
  readonly system?: string | undefined;
  readonly beginId: number | null;
}

/** A prompt's tokens, up to where the reply begins. Special tokens that the texts spell out lose their meaning. */
export function promptIds(tokenizer: GenerativeTokenizer, prompt: string, options: PromptOptions): number[] {
  return idsOf(tokenizer, promptText(tokenizer, prompt, options), options);
}

/** A prompt and its reply as an example to learn from, end included: the reply alone is learned. */
export function exampleOf(
  tokenizer: GenerativeTokenizer,
  { prompt, reply }: { readonly prompt: string; readonly reply: string },
  options: PromptOptions & { readonly endIds: readonly number[] },
): CausalExample {
  const before = promptText(tokenizer, prompt, options);
  const text = before + neutral(reply, tokenizer.special.keys());
  const end = templateEnds(tokenizer, options.template)[0] ?? options.endIds[0];
  const ids = [...idsOf(tokenizer, text, options), ...(end === undefined ? [] : [end])];
  // A word that both share belongs to the reply: while replying, too, it is what comes behind the prompt's last whole token.
  const read = idsOf(tokenizer, before, options);
  const differs = read.findIndex((id, i) => ids[i] !== id);
  return { ids: Int32Array.from(ids), learnedFrom: differs < 0 ? read.length : differs };
}

function promptText(
  tokenizer: GenerativeTokenizer,
  prompt: string,
  { template, system, beforeReply = '' }: PromptOptions,
): string {
  const plain = (text: string) => neutral(text, tokenizer.special.keys());
  if (template === 'none') return system ? `${plain(system)}\n\n${plain(prompt)}` : plain(prompt);
  const { begin, turn, reply } = markups[template];
  return (
    begin + (system ? turn('system', plain(system)) : '') + turn('user', plain(prompt)) + reply + beforeReply
  );
}

function idsOf(tokenizer: GenerativeTokenizer, text: string, { template, beginId }: PromptOptions): number[] {
  const ids = tokenizer.encode(text);
  // Marked-up text brings its own beginning.
  if (template !== 'none') return ids;
  // A tokenizer may put nothing in front: an empty prompt then needs a beginning all the same.
  const isBare = tokenizer.before.length === 0 && ids.length === 0 && beginId !== null;
  return [...(isBare ? [beginId] : tokenizer.before), ...ids];
}

/** Tokens that end a reply under a template, beside those that the model's files name. */
export function templateEnds(tokenizer: GenerativeTokenizer, template: ChatTemplate): number[] {
  const end = template === 'none' ? null : tokenizer.idOf(markups[template].ends);
  return end === null ? [] : [end];
}
