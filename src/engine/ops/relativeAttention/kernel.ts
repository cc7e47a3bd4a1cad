import type { Node } from '../../graph/types.ts';
import type { KernelCall } from '../../webgpu/kernel.ts';
import { backwardKernels } from './backward.ts';
import { forwardKernel } from './forward.ts';
import type { RelativeAttentionOptions } from './op.ts';

export function relativeAttentionKernels(node: Node, options: RelativeAttentionOptions): KernelCall[] {
  return [forwardKernel(node, options)];
}

export function relativeAttentionGradientKernels(
  node: Node,
  options: RelativeAttentionOptions,
): KernelCall[] {
  return backwardKernels(node, options);
}
