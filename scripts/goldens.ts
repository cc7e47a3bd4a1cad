// npm run goldens -- DIR...: holds directories in the form of ../shared/goldens/xlnet against both lowerings. Prints a line a
// tensor group with its worst error over the allowed one; exits 1 where that is above 1.
import { checkGolden, type Target } from './goldens/check.ts';
import { readGolden } from './goldens/golden.ts';
import { openExperimentalGpu } from '../src/engine/testing/nodeGpu.ts';

async function main(directories: readonly string[]): Promise<number> {
  if (directories.length === 0) {
    console.error('Usage: npm run goldens -- DIR...   (for example ../shared/goldens/xlnet)');
    return 2;
  }
  const targets: Target[] = [{ name: 'onnx' }];
  const { gpu, ...why } = await openExperimentalGpu();
  if (gpu) {
    targets.unshift(
      { name: 'webgpu', gpu, kernels: 'barrier-free' },
      { name: 'webgpu', gpu, kernels: 'tiled' },
    );
  }
  if (gpu?.features.includes('shader-f16')) targets.push({ name: 'webgpu', gpu, kernels: 'halves' });
  if (gpu?.subgroupMatrix) targets.push({ name: 'webgpu', gpu, kernels: 'matrices' });
  let failed = 0;
  for (const directory of directories) {
    const golden = await readGolden(directory);
    for (const target of targets) {
      console.log(
        `\n${directory} on ${target.name}${target.name === 'webgpu' ? `, ${target.kernels} kernels (${target.gpu.name})` : ''}`,
      );
      for (const { group, tensors, ratio, worst, error, allowed } of await checkGolden(golden, target)) {
        const verdict = ratio <= 1 ? 'ok  ' : 'FAIL';
        if (ratio > 1) failed += 1;
        console.log(
          `${verdict} ${ratio.toFixed(3).padStart(8)}  ${group.padEnd(52)} ${String(tensors).padStart(3)} tensors  worst ${worst}: ${error.toExponential(1)} of ${allowed.toExponential(1)}`,
        );
      }
    }
  }
  if (!gpu) {
    console.log(`\nWebGPU was not checked: ${'reason' in why ? why.reason : 'no adapter'}`);
    failed += 1;
  }
  console.log(failed === 0 ? '\nAll tensor groups within tolerance.' : `\n${failed} failure(s).`);
  return failed === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
