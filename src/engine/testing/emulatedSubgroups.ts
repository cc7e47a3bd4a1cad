import type { GpuDevice } from '../webgpu/device.ts';
import type { SubgroupSizes } from '../webgpu/subgroups.ts';

// Subgroups of sizes that no adapter at hand has, for kernels that shuffle and count. The kernels stay as they are; only the builtins in their
// code become functions of plain WGSL.

/**
 * The device, its shader modules from now on made from `emulated` code: it runs subgroups of `size` and says of them what an adapter may.
 * Open one for it: it is changed.
 */
export function withEmulatedSubgroups(gpu: GpuDevice, size: number, subgroups: SubgroupSizes): GpuDevice {
  const create = gpu.device.createShaderModule.bind(gpu.device);
  gpu.device.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: emulated(String(descriptor.code), size) });
  return { ...gpu, subgroups };
}

/**
 * The code without subgroups. A subgroup is a run of `size` neighbouring threads, which meet in workgroup memory: shuffles must stand where all
 * threads of the workgroup come, as they do in our kernels. What a shuffle brings from beyond the subgroup, which may be anything, is NaN.
 * Throws on a use that it does not know.
 */
export function emulated(code: string, size: number): string {
  if (!code.includes('enable subgroups;\n')) return code;
  const threads = Number(/@workgroup_size\((\d+)\)/u.exec(code)?.[1]);
  const lane = /@builtin\(local_invocation_index\) (\w+): u32/u.exec(code)?.[1];
  if (!threads || !lane) throw new Error('A kernel with subgroups says its size and its thread.');
  const changed = code
    .replace('enable subgroups;\n', '')
    .replaceAll('subgroupShuffleXor(', 'emulatedShuffleXor(')
    .replaceAll('subgroupBallot(true)', 'emulatedBallot()')
    .replace(/^fn main\([^{]*\{$/mu, (main) => `${main}\n  emulatedThread = ${lane};`);
  const left = /subgroup[A-Z]\w*|subgroup_\w+/u.exec(changed)?.[0];
  if (left) throw new Error(`${left} is used in a way that is not emulated.`);
  if (!changed.includes('emulatedThread = ')) throw new Error('There is no main to begin with its thread.');
  const present = Math.min(size, threads);
  const words = [0, 1, 2, 3].map((word) =>
    present >= 32 * (word + 1) ? '0xffffffffu' : `${2 ** Math.max(0, present - 32 * word) - 1}u`,
  );
  return `${changed}
var<private> emulatedThread: u32;
var<private> nobodys: u32 = 0x7fc00000u;
var<workgroup> emulatedLanes: array<f32, ${threads}>;
fn emulatedShuffleXor(value: f32, mask: u32) -> f32 {
  emulatedLanes[emulatedThread] = value;
  workgroupBarrier();
  let other = emulatedThread ^ mask;
  var found = bitcast<f32>(nobodys);
  if (other < ${threads}u && other / ${size}u == emulatedThread / ${size}u) { found = emulatedLanes[other]; }
  workgroupBarrier();
  return found;
}
fn emulatedBallot() -> vec4u { return vec4u(${words.join(', ')}); }`;
}
