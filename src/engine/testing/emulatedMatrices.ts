import type { SubgroupMatrix } from '../ops/matmul/subgroupMatrix.ts';
import type { GpuDevice } from '../webgpu/device.ts';

// Matrix instructions of sizes that no adapter at hand has. The kernels stay as they are, with all their arithmetic of places; only the
// builtins and the types of `chromium_experimental_subgroup_matrix` in their code become functions and structures of plain WGSL.

/**
 * The device, its shader modules from now on made from `emulated` code, and said to have these instructions. Open one for it: it is changed.
 * For sessions with `emulatesHalf` too, where it has no halves.
 */
export function withEmulatedMatrices(gpu: GpuDevice, subgroupMatrix: SubgroupMatrix): GpuDevice {
  const create = gpu.device.createShaderModule.bind(gpu.device);
  gpu.device.createShaderModule = (descriptor) =>
    create({ ...descriptor, code: emulated(String(descriptor.code), subgroupMatrix) });
  return { ...gpu, subgroupMatrix };
}

const enable = 'enable chromium_experimental_subgroup_matrix;\n';
const capital = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

/**
 * The code without matrix instructions. A subgroup is a run of `subgroupSize` neighbouring threads, each of which holds every
 * `subgroupSize`-th element of a matrix; factors meet in workgroup memory. So multiplications, which have barriers, must stand where all threads of
 * the workgroup come, as in our kernels; loads, stores and matrices as values may stand anywhere. Throws on a use that it does not know.
 */
export function emulated(code: string, { size, subgroupSize }: SubgroupMatrix): string {
  if (!code.includes(enable)) return code;
  const workgroup = /@workgroup_size\((\d+)\)/u.exec(code)?.[1];
  const lane = /@builtin\(local_invocation_index\) (\w+): u32/u.exec(code)?.[1];
  if (!workgroup || !lane) throw new Error('A kernel with matrix instructions says its size and its thread.');
  const elements = size ** 2;
  const own = elements / subgroupSize;
  const subgroups = Number(workgroup) / subgroupSize;
  if (!Number.isInteger(own) || !Number.isInteger(subgroups))
    throw new Error('Not a whole number of subgroups.');

  const types = new Map<string, string>();
  const functions = new Map<string, string>();
  const changed = code
    .replace(enable, '')
    .replace('enable subgroup_size_control;\n', '')
    .replace(/@subgroup_size\(\d+\) /u, '')
    .replaceAll(/@diagnostic\(off, chromium\.\w+\)\n/gu, '')
    .replaceAll(
      /subgroup_matrix_(left|right|result)<(f16|f32), (\d+), (\d+)>/gu,
      (_, side: string, element: string, columns, rows) => {
        if (Number(columns) !== size || Number(rows) !== size)
          throw new Error(`A matrix of ${columns} × ${rows}.`);
        const name = `Matrix${capital(side)}`;
        types.set(name, `struct ${name} { own: array<${element}, ${own}> }`);
        return name;
      },
    )
    .replaceAll(
      /subgroupMatrixLoad<(\w+), (row|col)_major>\(&(\w+), /gu,
      (_, type: string, order: string, from: string) => {
        const name = `load${type}_${order}_${from}`;
        functions.set(
          name,
          `fn ${name}(offset: u32, stride: u32) -> ${type} {
  var loaded: ${type};
  ${eachOwn(`loaded.own[i] = ${from}[offset + ${place(order)}];`)}
  return loaded;
}`,
        );
        return `${name}(`;
      },
    )
    .replaceAll(/subgroupMatrixStore<(row|col)_major>\(&(\w+), /gu, (_, order: string, to: string) => {
      const name = `storeMatrix_${order}_${to}`;
      functions.set(
        name,
        `fn ${name}(offset: u32, stored: MatrixResult, stride: u32) {
  ${eachOwn(`${to}[offset + ${place(order)}] = stored.own[i];`)}
}`,
      );
      return `${name}(`;
    })
    .replaceAll('subgroupMatrixMultiplyAccumulate(', 'multiplyAccumulate(')
    .replace(/^fn main\([^{]*\{$/mu, (main) => `${main}\n  emulatedThread = ${lane};`);
  const left = /subgroupMatrix\w*|subgroup_matrix\w*/u.exec(changed)?.[0];
  if (left) throw new Error(`${left} is used in a way that is not emulated.`);
  if (!changed.includes('emulatedThread = ')) throw new Error('There is no main to begin with its thread.');

  function eachOwn(body: string): string {
    return `for (var i = 0u; i < ${own}u; i++) { let element = emulatedThread % ${subgroupSize}u + i * ${subgroupSize}u; let row = element / ${size}u; let column = element % ${size}u; ${body} }`;
  }

  return `${changed}
var<private> emulatedThread: u32;
var<workgroup> leftFactors: array<f32, ${subgroups * elements}>;
var<workgroup> rightFactors: array<f32, ${subgroups * elements}>;
${[...types.values(), ...functions.values()].join('\n')}
fn multiplyAccumulate(left: MatrixLeft, right: MatrixRight, sum: MatrixResult) -> MatrixResult {
  let begin = emulatedThread / ${subgroupSize}u * ${elements}u;
  ${eachOwn('leftFactors[begin + element] = f32(left.own[i]); rightFactors[begin + element] = f32(right.own[i]);')}
  workgroupBarrier();
  var total = sum;
  ${eachOwn(`for (var k = 0u; k < ${size}u; k++) { total.own[i] += leftFactors[begin + row * ${size}u + k] * rightFactors[begin + k * ${size}u + column]; }`)}
  workgroupBarrier();
  return total;
}`;
}

/** Where an element lies in memory, behind its offset. */
const place = (order: string) => (order === 'row' ? 'row * stride + column' : 'column * stride + row');
