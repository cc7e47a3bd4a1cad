import { planSafetensors, writeSafetensors } from '../src/models/files/safetensorsWriter.ts';
import { byteTokenizer, byteVocabulary, endToken, noise } from './tinyHub.ts';

const [width, inner, heads, keyHeads] = [32, 64, 4, 2];

/** A Llama of 2 layers with seeded weights, as Hugging Face publishes a model. */
export async function tinyLlama(): Promise<
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
