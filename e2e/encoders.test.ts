import { readFileSync } from 'node:fs';
import { random } from '../src/base/random.ts';
import { planSafetensors, writeSafetensors } from '../src/models/files/safetensorsWriter.ts';
import { expect, test } from './base.ts';
import type { DroppedFile } from './pages/notebookPage.ts';
import { sampleRows, shortRunLink } from './sample.ts';

// A pretrained encoder of the BERT family as a folder beside the browser: no head, no tokenizer.json, a pretraining head that is
// passed over, and positions that end before the notebook's length limit. Dropped, tokenised, trained, saved.

const minute = 60_000;
const width = 32;
const inner = 64;
const positions = 24;

/** Words of the rows, most frequent first, after BERT's special tokens and the letters that spell the rest. */
function vocabularyOf(rows: string): string[] {
  const counts = new Map<string, number>();
  for (const word of rows.toLowerCase().match(/[a-z]+/gu) ?? [])
    counts.set(word, (counts.get(word) ?? 0) + 1);
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const frequent = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 800)
    .map(([word]) => word);
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  return [
    ...new Set([...special, ...letters, ...letters.map((letter) => `##${letter}`), ...frequent, '.', ',']),
  ];
}

/** The tensors of a one-layer DistilBERT for masked words, under transformers' names. */
function tensorsOf(vocabulary: number): { name: string; shape: number[] }[] {
  const layer = 'distilbert.transformer.layer.0.';
  const linear = (name: string, outputs: number, inputs: number) => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    { name: `${name}.bias`, shape: [outputs] },
  ];
  const norm = (name: string) =>
    ['weight', 'bias'].map((part) => ({ name: `${name}.${part}`, shape: [width] }));
  return [
    { name: 'distilbert.embeddings.word_embeddings.weight', shape: [vocabulary, width] },
    { name: 'distilbert.embeddings.position_embeddings.weight', shape: [positions, width] },
    ...norm('distilbert.embeddings.LayerNorm'),
    ...['q_lin', 'k_lin', 'v_lin', 'out_lin'].flatMap((name) =>
      linear(`${layer}attention.${name}`, width, width),
    ),
    ...norm(`${layer}sa_layer_norm`),
    ...linear(`${layer}ffn.lin1`, inner, width),
    ...linear(`${layer}ffn.lin2`, width, inner),
    ...norm(`${layer}output_layer_norm`),
    ...linear('vocab_transform', width, width),
    ...norm('vocab_layer_norm'),
  ];
}

async function folder(rows: string): Promise<DroppedFile[]> {
  const words = vocabularyOf(rows);
  const tensors = tensorsOf(words.length);
  const stream = random(3);
  const parts: Uint8Array[] = [];
  const values = (name: string) => {
    const shape = tensors.find((tensor) => tensor.name === name)?.shape ?? [];
    const count = shape.reduce((a, b) => a * b, 1);
    if (/norm\.weight$/iu.test(name)) return new Float32Array(count).fill(1);
    if (name.endsWith('.bias')) return new Float32Array(count);
    return Float32Array.from({ length: count }, () => 0.1 * stream.normal());
  };
  for await (const part of writeSafetensors(planSafetensors(tensors), values)) parts.push(part);
  const config = {
    model_type: 'distilbert',
    vocab_size: words.length,
    max_position_embeddings: positions,
    dim: width,
    n_layers: 1,
    n_heads: 2,
    hidden_dim: inner,
  };
  return [
    { name: 'config.json', content: JSON.stringify(config) },
    { name: 'vocab.txt', content: `${words.join('\n')}\n` },
    { name: 'model.safetensors', content: Buffer.concat(parts) },
  ];
}

test('a dropped DistilBERT without a head is trained, its positions its limit @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(5 * minute);
  const rows = sampleRows(8);
  const steps = 80;
  await notebook.open(
    shortRunLink(60, {
      batchSize: 16,
      maxSteps: steps,
      warmupSteps: 4,
      learningRate: 3e-3,
      evaluateEverySteps: steps,
      checkpointEverySteps: steps,
    }),
  );
  await notebook.drop({ name: 'howto-steps.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  await notebook.keepCopy();
  await notebook.drop(...(await folder(rows)));

  const text = notebook.cell('Text');
  await text.run(2 * minute);
  await expect(text.root).toContainText(`has ${positions} positions`);
  expect(await notebook.figure('Text', /truncated/iu)).not.toBe('0 %');

  const training = notebook.cell('Training');
  await training.run(4 * minute);
  const loss = await training.output('Loss');
  const csv = readFileSync(await (await loss.save(/CSV/u)).path(), 'utf8')
    .trim()
    .split(/\r?\n/u);
  const column = csv[0]?.split(',').indexOf('loss') ?? -1;
  const losses = csv.slice(1).map((row) => Number(row.split(',')[column]));
  expect(losses).toHaveLength(steps);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  expect(mean(losses.slice(-10))).toBeLessThan(mean(losses.slice(0, 10)));

  // The keyboard opens it: a click would scroll the page, and a list closes where its page scrolls.
  await text.root.getByRole('button', { name: /model and tokenizer/iu }).press('Enter');
  await expect(page.getByRole('option', { name: /roberta-base/iu })).toContainText('about 496 MB');
  await page.screenshot({ path: info.outputPath('models.png') });
});
