// Tokens a second of the engine's decoder, with its cache of keys and values and without, on both lowerings.
//   npm run bench:decoder -- [smollm|stories] [onnx|webgpu] [tokens]
// smollm: the shape of SmolLM2-135M with random weights. stories: ../shared/data/stories260K, where it lies beside the repository.
import { existsSync, readFileSync } from 'node:fs';
import { openNodeGpu } from '../../src/engine/testing/nodeGpu.ts';
import type { Lowering } from '../../src/models/create.ts';
import { Decoder } from '../../src/models/llama/decoder.ts';
import { Generator, promptToken } from '../../src/models/llama/generate.ts';
import { isLlama2c, openLlama2c } from '../../src/models/llama/llama2c.ts';

const smollm = {
  model_type: 'llama',
  vocab_size: 49_152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: 30,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 8192,
  rope_theta: 100_000,
  tie_word_embeddings: true,
};

const [model = 'stories', device = 'onnx', count = '64'] = process.argv.slice(2);
const tokens = Number(count);
const checkpoint = new URL('../../../shared/data/stories260K/stories260K.bin', import.meta.url);

async function lowering(): Promise<Lowering> {
  if (device === 'onnx') return { kind: 'onnx' };
  const { gpu } = await openNodeGpu();
  if (!gpu) throw new Error('There is no WebGPU here.');
  return { kind: 'webgpu', gpu };
}

async function source() {
  if (model === 'smollm') return { config: smollm, weights: null };
  if (!existsSync(checkpoint)) throw new Error('../shared/data/stories260K is absent.');
  const file = new Blob([readFileSync(checkpoint)]);
  if (!(await isLlama2c(file))) throw new Error('stories260K.bin is damaged.');
  return openLlama2c(file);
}

const prompt = Array.from({ length: 32 }, (_, i) => 300 + ((7 * i) % 200));
const sampling = { temperature: 0, topP: 1, minP: 0, topK: 0, repetitionPenalty: 1, seed: 1, endIds: [] };

/** Where others share the machine, CPU time says more than time. */
function cpuMs(since: NodeJS.CpuUsage, drawn: number): string {
  const { user, system } = process.cpuUsage(since);
  return ((user + system) / 1000 / drawn).toFixed(1);
}

async function main(): Promise<void> {
  const begun = performance.now();
  const decoder = await Decoder.create({
    ...(await source()),
    lowering: await lowering(),
    contextTokens: 512,
    sequences: 8,
  });
  const { parameterCount, session } = decoder;
  console.log(
    `${model} on ${session.lowering}: ${(parameterCount / 1e6).toFixed(1)} M parameters, ${(session.plan.totalBytes / 2 ** 20).toFixed(0)} MiB planned, open after ${((performance.now() - begun) / 1000).toFixed(1)} s`,
  );
  const generator = new Generator(decoder);
  await generator.generate(prompt, { ...sampling, count: 1, maxTokens: 4 });
  for (const replies of [1, 8]) {
    generator.forget();
    const cpu = process.cpuUsage();
    const made = await generator.generate(prompt, { ...sampling, count: replies, maxTokens: tokens });
    const drawn = made.replies.reduce((sum, reply) => sum + reply.tokens.length, 0);
    console.log(
      `  cached, ${replies} at once: prompt of ${prompt.length} in ${made.prefillMs.toFixed(0)} ms, ${((1000 * drawn) / made.decodeMs).toFixed(1)} tokens/s, ${cpuMs(cpu, drawn)} ms of CPU time a token`,
    );
  }
  // What the incubator does: prompts of draws that differ at their ends, one after another and all at once.
  const prompts = Array.from({ length: 8 }, (_, draw) => [...prompt, 320 + draw, 340 + draw]);
  for (const atOnce of [1, 8]) {
    generator.forget();
    const started = process.cpuUsage();
    const startedAt = performance.now();
    const drawn: number[] = [];
    for (let at = 0; at < prompts.length; at += atOnce) {
      const calls = prompts
        .slice(at, at + atOnce)
        .map((own) => generator.generate(own, { ...sampling, count: 1, maxTokens: tokens }));
      for (const { replies } of await Promise.all(calls)) drawn.push(replies[0]?.tokens.length ?? 0);
    }
    const all = drawn.reduce((a, b) => a + b, 0);
    console.log(
      `  8 calls, ${atOnce} at once: ${((1000 * all) / (performance.now() - startedAt)).toFixed(1)} tokens/s, ${cpuMs(started, all)} ms of CPU time a token`,
    );
  }
  // Without the cache every token reads everything before it again.
  const ids = [...prompt];
  const from = performance.now();
  const cpu = process.cpuUsage();
  for (let i = 0; i < tokens; i++) {
    const logits = await decoder.read(ids.map((id, t) => promptToken(id, t, t === ids.length - 1)));
    ids.push(logits.indexOf(Math.max(...logits)));
  }
  console.log(
    `  without a cache: ${((1000 * tokens) / (performance.now() - from)).toFixed(1)} tokens/s, ${cpuMs(cpu, tokens)} ms of CPU time a token`,
  );
  decoder.dispose();
}

await main();
process.exit(0);
