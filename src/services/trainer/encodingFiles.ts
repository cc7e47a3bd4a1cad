import { encodingName, type EncodingPlan } from '../../core/encodings/types.ts';
import { chainWeight } from '../../models/encodings/headGraph.ts';
import type { WeightSource } from '../../models/weights.ts';
import { encodingOf } from '../../training/encoding.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { readData } from './runData.ts';
import type { RunRecord } from './runRecord.ts';

/** What an export of a run says of its label encoding. */
export interface EncodingExport {
  /** Names of the model's outputs, `[outputs]`: the labels, once a chain. */
  readonly outputs: readonly string[];
  /** The published model's weights, without what no published model has. */
  readonly weights: WeightSource;
  /** What labels say of each other, `label_chain.weight`; null: nothing. */
  readonly chain: WeightSource | null;
  /** Text files that belong beside the model. Empty where sigmoid of the outputs are the labels' probabilities. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/**
 * A run's outputs as an export has to name them. Binary relevance and label embeddings end in the standard head; for chains and
 * hierarchies the outputs are not yet the labels' logits, so `encoding.json` and `decode.py` go with them, and a README that says so.
 */
export async function encodingExport(
  files: FileStore,
  record: RunRecord,
  whole: WeightSource,
): Promise<EncodingExport> {
  const { labels, hyperparameters, seed } = record;
  const standard = { outputs: labels, weights: whole, chain: null, files: [] };
  const { encoding } = hyperparameters;
  if (!encoding || encoding.kind === 'binary-relevance' || encoding.kind === 'label-embedding')
    return standard;
  const plan = encodingOf(hyperparameters, await readData(files), seed);
  if (!plan) return standard;
  const isOurs = ({ name }: { readonly name: string }) => name === chainWeight;
  const chains = plan.kind === 'chain' ? plan.orders.length : 1;
  return {
    outputs:
      chains === 1
        ? labels
        : Array.from({ length: chains }, (_, chain) =>
            labels.map((label) => `${label} (chain ${chain + 1})`),
          ).flat(),
    weights: { tensors: whole.tensors.filter((tensor) => !isOurs(tensor)), read: whole.read },
    chain: plan.kind === 'chain' ? { tensors: whole.tensors.filter(isOurs), read: whole.read } : null,
    files: [
      { name: 'encoding.json', text: `${JSON.stringify(described(plan, labels), null, 1)}\n` },
      { name: 'decode.py', text: decodePy },
      { name: 'README.md', text: readme(encodingName(encoding)) },
    ],
  };
}

function described(plan: EncodingPlan, labels: readonly string[]): Record<string, unknown> {
  switch (plan.kind) {
    case 'chain':
      return { kind: plan.kind, labels, passes: plan.passes, orders: plan.orders };
    case 'hierarchical': {
      const { parents, order } = plan.hierarchy;
      return { kind: plan.kind, labels, consistency: plan.consistency, parents, order };
    }
    default:
      return { kind: plan.kind, labels };
  }
}

const readme = (name: string) => `# This classifier's outputs need one more step

The run's label encoding is **${name}**: the model loads with \`from_pretrained\` as any classifier, but its logits are not yet those of
the labels. \`decode.py\` makes them so, from \`encoding.json\` and, for chains, \`label_chain.safetensors\`:

\`\`\`python
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from decode import decode

tokenizer = AutoTokenizer.from_pretrained(".")
model = AutoModelForSequenceClassification.from_pretrained(".").eval()
probabilities = decode(model(**tokenizer(["Preheat the oven."], return_tensors="pt")).logits.detach().numpy())
\`\`\`
`;

/** Checked against `decodeChains` and `decodeHierarchy`: the same arithmetic in numpy. */
const decodePy = String.raw`"""Label probabilities [rows, labels] from the model's logits, as Verbena makes them. Needs numpy; for chains also safetensors."""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def decode(logits):
    encoding = json.loads((HERE / "encoding.json").read_text(encoding="utf-8"))
    logits = np.asarray(logits, dtype=np.float64)
    labels = len(encoding["labels"])
    if encoding["kind"] == "hierarchical":
        p = np.zeros_like(logits)
        for label in encoding["order"]:
            parents = encoding["parents"][label]
            above = p[:, parents].min(1) if parents else np.ones(len(p))
            own = sigmoid(logits[:, label])
            p[:, label] = own * above if encoding["consistency"] == "product" else np.minimum(own, above)
        return p

    from safetensors.numpy import load_file

    weights = load_file(HERE / "label_chain.safetensors")["label_chain.weight"].astype(np.float64)
    total = np.zeros((len(logits), labels))
    for chain, order in enumerate(encoding["orders"]):
        passed = np.zeros((len(logits), labels))
        for place, label in enumerate(order):
            own = chain * labels + label
            seen = order[:place]
            z = logits[:, own] + passed[:, seen] @ weights[own, seen]
            p = sigmoid(z)
            passed[:, label] = p if encoding["passes"] == "probability" else z >= 0
            total[:, label] += p
    return total / len(encoding["orders"])
`;
