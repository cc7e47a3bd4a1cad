import { random } from '../src/base/random.ts';
import { publishedTensors } from '../src/models/classifier.ts';
import { defineModel } from '../src/models/create.ts';
import { planSafetensors, writeSafetensors } from '../src/models/files/safetensorsWriter.ts';
import type { RepositoryFiles } from './hubStandIn.ts';

// Encoders of published architectures, small enough to train in a test: config, vocabulary and seeded weights as the hub has them.

/** Words of a text, most frequent first, after BERT's special tokens and the letters that spell the rest. */
export function wordPiecesOf(text: string): string[] {
  const counts = new Map<string, number>();
  for (const word of text.toLowerCase().match(/[a-z]+/gu) ?? [])
    counts.set(word, (counts.get(word) ?? 0) + 1);
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const frequent = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 1500);
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '.', ','];
  return [
    ...new Set([
      ...special,
      ...letters,
      ...letters.map((letter) => `##${letter}`),
      ...frequent.map(([word]) => word),
    ]),
  ];
}

/** A one-layer BERT or ELECTRA without a head, its vocabulary the text's words. */
export async function tinyEncoder(
  modelType: 'bert' | 'electra',
  text: string,
  seed: number,
): Promise<RepositoryFiles> {
  const words = wordPiecesOf(text);
  const config = {
    model_type: modelType,
    vocab_size: words.length,
    hidden_size: 32,
    embedding_size: 32,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 64,
    max_position_embeddings: 64,
  };
  const definition = defineModel(config);
  const { parameters } = definition.graph({ labelCount: 2, training: false, dropout: null });
  const tensors = publishedTensors(definition, parameters).filter(
    ({ name }) => !definition.headPrefixes.some((prefix) => name.startsWith(prefix)),
  );
  const stream = random(seed);
  const values = (name: string) => {
    const count = (tensors.find((tensor) => tensor.name === name)?.shape ?? []).reduce((a, b) => a * b, 1);
    if (name.endsWith('LayerNorm.weight')) return new Float32Array(count).fill(1);
    if (name.endsWith('.bias')) return new Float32Array(count);
    return Float32Array.from({ length: count }, () => 0.05 * stream.normal());
  };
  const parts: Uint8Array[] = [];
  for await (const part of writeSafetensors(planSafetensors(tensors), values)) parts.push(part);
  return new Map([
    ['config.json', Buffer.from(JSON.stringify(config))],
    ['vocab.txt', Buffer.from(`${words.join('\n')}\n`)],
    ['model.safetensors', Buffer.concat(parts)],
  ]);
}
