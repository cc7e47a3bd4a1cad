import { describe, expect, test } from 'vitest';
import type { Dims, Graph } from '../engine/graph/types.ts';
import { planMemory } from '../engine/plan/plan.ts';
import type { KernelEnvironment } from '../engine/webgpu/kernel.ts';
import { lowerToWebGpu } from '../engine/webgpu/lower.ts';
import { defineModel } from './create.ts';

// What one step of a base-size model costs in dispatches, counted without a device: the kernels of the lowered training graph, and
// of the optimizer two a parameter group and one for the norm.
const configs = {
  'XLNet-base': {
    model_type: 'xlnet',
    vocab_size: 32000,
    d_model: 768,
    n_layer: 12,
    n_head: 12,
    d_inner: 3072,
  },
  'BERT-base': {
    model_type: 'bert',
    vocab_size: 30522,
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    intermediate_size: 3072,
    max_position_embeddings: 512,
    type_vocab_size: 2,
  },
};

const maxBindingBytes = 2 ** 30;

function kernelCount(graph: Graph, environment: KernelEnvironment): number {
  return graph.nodes.reduce((sum, node) => sum + node.operation.kernels(node, environment).length, 0);
}

describe.each(Object.entries(configs))('%s, a training step of 12 layers', (_, config) => {
  const definition = defineModel(config);
  const capacity: Dims = definition.capacity({ tokens: 4096, sequences: 32, maxLength: 128 });
  const graph = definition.graph({ labelCount: 100, training: true, dropout: 0.1 });
  const inference = definition.graph({ labelCount: 100, training: false, dropout: null });
  const plan = (lower: (graph: Graph) => Graph) =>
    planMemory({ training: lower(graph), inference: lower(inference), capacity, maxBindingBytes });

  test.each([
    { avoidsBarriers: true, family: 'registers' },
    { avoidsBarriers: false, family: 'tiled' },
  ])('at most 450 dispatches with the $family kernels', ({ avoidsBarriers }) => {
    const environment = { capacity, avoidsBarriers };
    const fused = lowerToWebGpu(graph, environment);
    const { groups, totalBytes } = plan((g) => lowerToWebGpu(g, environment));
    const optimizer = 2 * groups.filter((group) => group.trainedBytes > 0).length + 1;
    const unfused = kernelCount(graph, environment) + optimizer;
    const dispatches = kernelCount(fused, environment) + optimizer;
    expect(dispatches).toBeLessThanOrEqual(450);
    expect(dispatches).toBeLessThan(0.75 * unfused);
    expect(totalBytes).toBeLessThanOrEqual(plan((g) => g).totalBytes);
    for (const node of fused.nodes)
      for (const call of node.operation.kernels(node, environment))
        expect(call.bindings.length, call.label).toBeLessThanOrEqual(8);
  });
});
