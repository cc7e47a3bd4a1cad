"""PyTorch's time for the step that run.ts measures: XLNet-base, f32 with TF32 off, AdamW, same sizes.

python torchStep.py [--out bench/results/card] [--tiny] [--device cuda]   (torch and transformers; nothing is downloaded)
Writes OUT/torch.json, which run.ts reads.
"""

import argparse
import json
import os
import statistics
import time

import torch
from transformers import XLNetConfig, XLNetForSequenceClassification

LABELS = 100
BASE = dict(vocab_size=32000, d_model=768, n_layer=12, n_head=12, d_inner=3072)
TINY = dict(vocab_size=200, d_model=32, n_layer=1, n_head=2, d_inner=64)


def groups(model, decay=0.01):
    """Hugging Face's parameter groups: no decay on biases and norms."""
    plain, bare = [], []
    for name, parameter in model.named_parameters():
        (bare if name.endswith("bias") or "layer_norm" in name else plain).append(parameter)
    return [{"params": plain, "weight_decay": decay}, {"params": bare, "weight_decay": 0.0}]


def measure(config, device, sequences, length, steps):
    torch.manual_seed(1)
    model = XLNetForSequenceClassification(config).to(device).train()
    optimizer = torch.optim.AdamW(groups(model), lr=1e-5)
    ids = torch.randint(10, config.vocab_size, (sequences, length), device=device)
    targets = (torch.rand(sequences, LABELS, device=device) < 0.05).float()
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    times = []
    for step in range(steps + 3):
        wait()
        begin = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        model(input_ids=ids, labels=targets).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        wait()
        if step >= 3:
            times.append(1000 * (time.perf_counter() - begin))
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else 0
    return dict(sequences=sequences, length=length, msPerStep=statistics.median(times), peakBytes=peak)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", default="bench/results/card")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_float32_matmul_precision("highest")
    config = XLNetConfig(
        **(TINY if options.tiny else BASE), num_labels=LABELS, problem_type="multi_label_classification"
    )
    sizes = [(2, 16)] if options.tiny else [(32, 128), (8, 512)]
    steps = 3 if options.tiny else 20
    name = torch.cuda.get_device_name() if options.device == "cuda" else "CPU"
    report = dict(
        name=f"PyTorch {torch.__version__} on {name}",
        steps=[measure(config, options.device, *size, steps) for size in sizes],
    )
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, "torch.json"), "w") as file:
        json.dump(report, file, indent=2)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
