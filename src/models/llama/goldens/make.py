"""Writes tiny.json: three tiny decoders with weights from a formula, run by transformers. torch 2.13, transformers 5.18, float64.

    python src/models/llama/goldens/make.py

Tensor k (names sorted) has elements 0.3 sin(0.37 j + 1.7 k + 0.5), norms 1 + 0.2 sin(...), rounded to float32; of LoRA factors likewise, by their
names as PEFT saves them. Gradients are kept as their sum of squares and first elements.
"""
import json, os
import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM

torch.set_num_threads(1)
common = dict(vocab_size=40, hidden_size=24, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=64, attn_implementation='eager')
cases = {
    'llama': (LlamaForCausalLM, LlamaConfig(**common, tie_word_embeddings=True, rms_norm_eps=1e-5, rope_parameters=dict(
        rope_type='llama3', rope_theta=10000.0, factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
        original_max_position_embeddings=16))),
    'qwen2': (Qwen2ForCausalLM, Qwen2Config(**common, tie_word_embeddings=False, rope_parameters=dict(
        rope_type='linear', rope_theta=1000.0, factor=2.0))),
    'qwen3': (Qwen3ForCausalLM, Qwen3Config(**common, head_dim=8, tie_word_embeddings=True)),
}


def formula(k, name, shape):
    wave = np.sin(0.37 * np.arange(int(np.prod(shape))) + 1.7 * k + 0.5)
    values = 1 + 0.2 * wave if 'norm' in name else 0.3 * wave
    return torch.tensor(values.astype(np.float32).astype(np.float64).reshape(shape))


def fill(named):
    with torch.no_grad():
        for k, (name, tensor) in enumerate(sorted(named, key=lambda item: item[0])):
            tensor.copy_(formula(k, name, tuple(tensor.shape)))


def gradient(tensor):
    flat = tensor.grad.flatten()
    return [float((flat ** 2).sum())] + [float(v) for v in flat[:3]]


texts = [[3, 17, 5, 0, 22, 39, 8, 1, 30], [12, 12, 7, 33]]
learned_from = [4, 1]
out = {}
for name, (cls, config) in cases.items():
    model = cls(config).double().eval()
    fill(list(model.named_parameters()))
    loss, counted = 0, 0
    last = []
    for ids, first in zip(texts, learned_from):
        logits = model(torch.tensor([ids])).logits[0]
        last.append([round(float(v), 7) for v in logits[-1].detach()])
        loss = loss + torch.nn.functional.cross_entropy(logits[first - 1:-1], torch.tensor(ids[first:]), reduction='sum')
        counted += len(ids) - first
    loss = loss / counted
    loss.backward()
    entry = {
        'config': {k: v for k, v in config.to_dict().items() if k in (
            'model_type', 'vocab_size', 'hidden_size', 'intermediate_size', 'num_hidden_layers', 'num_attention_heads',
            'num_key_value_heads', 'head_dim', 'max_position_embeddings', 'rms_norm_eps', 'tie_word_embeddings', 'rope_parameters')},
        'lastLogits': last, 'loss': float(loss.detach()),
        'shapes': {n: list(p.shape) for n, p in model.named_parameters()},
        'gradients': {n: gradient(p) for n, p in model.named_parameters()},
        'greedy': model.generate(torch.tensor([texts[0]]), attention_mask=torch.ones(1, 9), max_new_tokens=12, do_sample=False,
                                 eos_token_id=None, pad_token_id=0)[0, 9:].tolist(),
    }
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
    peft = get_peft_model(model, LoraConfig(r=3, lora_alpha=6, target_modules=['q_proj', 'v_proj'], task_type='CAUSAL_LM')).double()
    factors = [(n.replace('.default', ''), p) for n, p in peft.named_parameters() if 'lora_' in n]
    assert sorted(n for n, _ in factors) == sorted(get_peft_model_state_dict(peft))
    fill(factors)
    peft.zero_grad()
    loss = 0
    for ids, first in zip(texts, learned_from):
        logits = peft(torch.tensor([ids])).logits[0]
        loss = loss + torch.nn.functional.cross_entropy(logits[first - 1:-1], torch.tensor(ids[first:]), reduction='sum')
    (loss / counted).backward()
    entry['lora'] = {'loss': float(loss.detach() / counted), 'gradients': {n: gradient(p) for n, p in factors}}
    out[name] = entry
path = os.path.join(os.path.dirname(__file__), 'tiny.json')
json.dump({'texts': texts, 'learnedFrom': learned_from, 'cases': out}, open(path, 'w'), separators=(',', ':'))
print(os.path.getsize(path))
