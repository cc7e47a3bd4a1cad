import type { Node } from '../../graph/types.ts';
import type { KernelCall, KernelEnvironment } from '../../webgpu/kernel.ts';
import { tiledBackward } from './backward.ts';
import { directBackward, directForward } from './direct.ts';
import { tiledForward } from './forward.ts';
import type { AttentionOptions } from './options.ts';
import { biasSums, rowProducts } from './sums.ts';
import { backwardTensors, forwardTensors } from './tensors.ts';

/** Larger heads are unrolled into more code than a software adapter compiles in reasonable time. */
const mostDirect = 64;

/** The tiled passes read vec4s: heads of another size take the passes without tiles on every device. */
function isDirect({ headSize }: AttentionOptions, { avoidsBarriers }: KernelEnvironment): boolean {
  return headSize % 4 !== 0 || (avoidsBarriers && headSize <= mostDirect);
}

export function attentionKernels(
  node: Node,
  environment: KernelEnvironment,
  options: AttentionOptions,
): KernelCall[] {
  return [
    (isDirect(options, environment) ? directForward : tiledForward)(forwardTensors(node, options), options),
  ];
}

/** Row products, the passes over rows, columns and distances, and the sums of the biases' gradients. */
export function attentionGradientKernels(
  node: Node,
  environment: KernelEnvironment,
  options: AttentionOptions,
): KernelCall[] {
  const t = backwardTensors(node, options);
  const passes = isDirect(options, environment) ? directBackward : tiledBackward;
  return [rowProducts(t, options), ...passes(t, options, environment), ...biasSums(t, options)];
}
