import { planSafetensors, writeSafetensors } from '../src/models/files/safetensorsWriter.ts';
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { expect, test } from './base.ts';
import { notebookLink } from './sample.ts';
import { byteTokenizer, byteVocabulary, endToken, noise } from './tinyHub.ts';

// The whole loop without a network: the engine's own decoder, from files, writes objects; clusters choose some; the decoder is tuned on them in
// the tab; its adapter leaves as files that PEFT reads. The model is two layers of noise: what is shown is the flow, and that it learns.

const minute = 60_000;
const [width, inner, heads, keyHeads] = [32, 64, 4, 2];

/** A Llama of 2 layers with seeded weights, as Hugging Face publishes a model. */
async function tinyLlama(): Promise<
  { readonly name: string; readonly mimeType: string; readonly buffer: Buffer }[]
> {
  const config = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: byteVocabulary,
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: 2,
    num_attention_heads: heads,
    num_key_value_heads: keyHeads,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    hidden_act: 'silu',
    bos_token_id: endToken,
    eos_token_id: endToken,
  };
  const keyWidth = (width / heads) * keyHeads;
  const layer = (at: number) => {
    const prefix = `model.layers.${at}.`;
    return [
      { name: `${prefix}self_attn.q_proj.weight`, shape: [width, width] },
      { name: `${prefix}self_attn.k_proj.weight`, shape: [keyWidth, width] },
      { name: `${prefix}self_attn.v_proj.weight`, shape: [keyWidth, width] },
      { name: `${prefix}self_attn.o_proj.weight`, shape: [width, width] },
      { name: `${prefix}mlp.gate_proj.weight`, shape: [inner, width] },
      { name: `${prefix}mlp.up_proj.weight`, shape: [inner, width] },
      { name: `${prefix}mlp.down_proj.weight`, shape: [width, inner] },
      { name: `${prefix}input_layernorm.weight`, shape: [width] },
      { name: `${prefix}post_attention_layernorm.weight`, shape: [width] },
    ];
  };
  const tensors = [
    { name: 'model.embed_tokens.weight', shape: [byteVocabulary, width] },
    ...layer(0),
    ...layer(1),
    { name: 'model.norm.weight', shape: [width] },
  ];
  const read = (name: string) => {
    const at = tensors.findIndex((tensor) => tensor.name === name);
    const count = (tensors[at]?.shape ?? []).reduce((a, b) => a * b, 1);
    return name.includes('norm') ? new Float32Array(count).fill(1) : noise(count, at, 0.2);
  };
  const parts: Uint8Array[] = [];
  for await (const part of writeSafetensors(planSafetensors(tensors), read)) parts.push(part);
  const files: (readonly [string, Buffer])[] = [
    ['config.json', Buffer.from(JSON.stringify(config))],
    ['model.safetensors', Buffer.concat(parts)],
    ...byteTokenizer(),
  ];
  return files.map(([name, buffer]) => ({ name, mimeType: 'application/octet-stream', buffer }));
}

test('the engine’s decoder writes objects offline, is tuned on the kept ones, and its adapter leaves as files @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(6 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      incubator: {
        ...defaults.incubator,
        instruction: "Tell 'up' from 'down'.",
        count: 16,
        generator: 'decoder',
        prompt: 'plain',
        examples: 0,
        temperature: 1,
        minP: 0,
        maxTextChars: 10,
        replyTokens: 48,
        diversify: { ...defaults.incubator.diversify, k: 8, batchSize: 16, embedder: 'tfidf' },
      },
    })),
  );
  const cell = notebook.cell('Incubator');
  await test.step('files are chosen, objects are written', async () => {
    const choosing = page.waitForEvent('filechooser');
    await cell.root.getByRole('button', { name: 'Choose files' }).click();
    await (await choosing).setFiles(await tinyLlama());
    await cell.primary.click();
    await cell.done(3 * minute);
    expect(await notebook.figure('Incubator', /objects in use/iu)).toBe('16');
    expect(await notebook.figure('Incubator', /dropped/iu)).toBe('0.0 %');
  });

  const panel = (await cell.output('Tune the generator')).root;
  await test.step('tuning lowers the loss and shows the same draws before and after', async () => {
    await panel.getByRole('button', { name: 'Tune on 16 objects' }).click();
    await expect(panel.getByText(/Loss a token/u)).toBeVisible({ timeout: 3 * minute });
    const said = await panel.getByText(/Loss a token/u).innerText();
    const [before, after] = /([\d.]+) before, ([\d.]+) after/u.exec(said)?.slice(1).map(Number) ?? [];
    expect(after).toBeLessThan(before ?? 0);
    await expect(panel.getByText('An adapter is at work')).toBeVisible();
    await expect(panel.getByRole('region', { name: /^After/u }).locator('pre')).toHaveCount(3);
    await cell.output('Loss while tuning');
  });
  await cell.root.screenshot({ path: info.outputPath('tuned.png') });

  await test.step('the adapter leaves as PEFT has it; more is generated with it', async () => {
    const download = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Save the adapter' }).click();
    const files = unzipSync(new Uint8Array(readFileSync(await (await download).path())));
    const names = Object.keys(files);
    expect(names.map((name) => name.split('/').at(-1)).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
    const config = names.find((name) => name.endsWith('.json')) ?? '';
    expect(JSON.parse(Buffer.from(files[config] ?? []).toString())).toMatchObject({
      peft_type: 'LORA',
      r: 8,
    });
    await cell.root.getByRole('button', { name: /^Generate 16 more/u }).click();
    await expect(cell.root).toHaveAttribute('data-state', 'running');
    await cell.done(3 * minute);
    expect(await notebook.figure('Incubator', /objects in use/iu)).toBe('32');
    expect(await cell.provenance()).toContain(' + ');
    await panel.getByRole('button', { name: 'Back to the published model' }).click();
    await expect(panel.getByText('An adapter is at work')).toBeHidden();
  });
});
