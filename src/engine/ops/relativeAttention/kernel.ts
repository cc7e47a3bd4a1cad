import type { Node } from '../../graph/types.ts';
import type { KernelCall, KernelEnvironment } from '../../webgpu/kernel.ts';
import { biasSums, rowProducts, tiledBackward } from './backward.ts';
import { directBackward, directForward } from './direct.ts';
import { tiledForward } from './forward.ts';
import type { RelativeAttentionOptions } from './op.ts';
import { backwardTensors, forwardTensors } from './tensors.ts';

/** Larger heads are unrolled into more code than a software adapter compiles in reasonable time. */
const mostDirect = 64;

function isDirect({ headSize }: RelativeAttentionOptions, { avoidsBarriers }: KernelEnvironment): boolean {
  return avoidsBarriers && headSize % 4 === 0 && headSize <= mostDirect;
}

export function relativeAttentionKernels(
  node: Node,
  environment: KernelEnvironment,
  options: RelativeAttentionOptions,
): KernelCall[] {
  return [(isDirect(options, environment) ? directForward : tiledForward)(forwardTensors(node), options)];
}

/** Row products, the three passes, and the sums of the biases' gradients. */
export function relativeAttentionGradientKernels(
  node: Node,
  environment: KernelEnvironment,
  options: RelativeAttentionOptions,
): KernelCall[] {
  const t = backwardTensors(node);
  const passes = isDirect(options, environment) ? directBackward : tiledBackward;
  return [rowProducts(t, options), ...passes(t, options), biasSums(t, options)];
}
