import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web/wasm';
import { EngineError } from '../errors.ts';
import { elementCount, formatShape, sizeIn, type Tensor } from '../graph/types.ts';
import type { Feed } from '../session.ts';
import { onnxError } from './failure.ts';
import type { LoweredGraph, LoweredInput } from './lower.ts';
import type { ElementType } from './model.ts';
import type { OnnxRuntime } from './runtime.ts';

export type FloatArray = Float32Array | Float64Array;

const ortTypes = {
  float: 'float32',
  double: 'float64',
  int32: 'int32',
  int64: 'int64',
  bool: 'bool',
} as const satisfies Record<ElementType, string>;

/** A lowered graph compiled by the runtime; serves every batch shape. */
export class OnnxProgram {
  private readonly parameterTensors = new Map<string, { data: FloatArray; tensor: OrtTensor }>();

  private constructor(
    private readonly runtime: OnnxRuntime,
    readonly lowered: LoweredGraph,
    private readonly session: InferenceSession,
  ) {}

  /**
   * Compiles; `profile` times every operator until `endProfiling`. `weights`: of parameters that the program holds. Throws `onnx-failed` or
   * `out-of-memory`.
   */
  static async create(
    runtime: OnnxRuntime,
    lowered: LoweredGraph,
    profile = false,
    weights: ReadonlyMap<string, Float32Array> = new Map(),
  ): Promise<OnnxProgram> {
    try {
      const externalData = [...lowered.held].map(([name, path]) => {
        const { buffer, byteOffset, byteLength } = weights.get(name) ?? new Float32Array();
        return { path, data: new Uint8Array(buffer, byteOffset, byteLength) };
      });
      const session = await runtime.ort.InferenceSession.create(lowered.bytes, {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        // Patterns are remembered per input shape: with packed batches nearly every shape is new.
        enableMemPattern: false,
        enableProfiling: profile,
        // What goes wrong is thrown; the console need not hear it twice.
        logSeverityLevel: 4,
        ...(externalData.length > 0 ? { externalData } : {}),
      });
      return new OnnxProgram(runtime, lowered, session);
    } catch (error) {
      throw onnxError('compile', error);
    }
  }

  /**
   * Runs one micro-batch and returns the wanted values (names of `lowered.outputs` and gradients). Parameters are read in place.
   * Throws `shape-mismatch` where a fed tensor is missing or has another size, `onnx-failed`, `out-of-memory`.
   */
  async run(
    feed: Feed,
    parameters: ReadonlyMap<string, FloatArray>,
    wanted: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, FloatArray>> {
    const inputs: Record<string, OrtTensor> = {};
    for (const input of this.lowered.inputs) inputs[input.name] = this.inputTensor(input, feed, parameters);
    try {
      const results = await this.session.run(inputs, [...wanted], { logSeverityLevel: 4 });
      return new Map(Object.entries(results).map(([name, tensor]) => [name, tensor.data as FloatArray]));
    } catch (error) {
      throw onnxError('run', error);
    }
  }

  private inputTensor(
    input: LoweredInput,
    feed: Feed,
    parameters: ReadonlyMap<string, FloatArray>,
  ): OrtTensor {
    if (input.source === 'host') {
      const { data, shape } = input.compute(feed);
      return this.tensor(input.type, data, shape);
    }
    const { tensor } = input;
    if (input.source === 'cache') {
      const data = required(tensor, parameters.get(tensor.name));
      const rows = sizeIn('N', feed.dims);
      const [, width = 1] = tensor.shape as readonly number[];
      return this.tensor(input.type, data.subarray(0, rows * width), [rows, width]);
    }
    if (input.source === 'parameter') {
      const data = required(tensor, parameters.get(tensor.name));
      const known = this.parameterTensors.get(tensor.name);
      if (known?.data === data) return known.tensor;
      const made = this.tensor(input.type, data, tensor.shape as readonly number[]);
      // A double-precision copy goes stale when the parameter changes in place.
      if (made.data === data) this.parameterTensors.set(tensor.name, { data, tensor: made });
      return made;
    }
    const data = required(tensor, feed.tensors.get(tensor.name));
    const expected = elementCount(tensor.shape, feed.dims);
    if (data.length !== expected) {
      throw new EngineError(
        'shape-mismatch',
        `${tensor.name}: ${data.length} elements were fed, ${formatShape(tensor.shape)} holds ${expected}.`,
        'This is a fault of the packer, not of the data: report it with the batch sizes below.',
        { tensor: tensor.name, ...feed.dims },
      );
    }
    const shape = tensor.shape.map((dim) => sizeIn(dim, feed.dims));
    return this.tensor(input.type, data, shape);
  }

  private tensor(
    type: ElementType,
    data: FloatArray | Int32Array | Uint32Array | BigInt64Array,
    shape: readonly number[],
  ): OrtTensor {
    const { Tensor } = this.runtime.ort;
    if (type === 'double' && data instanceof Float32Array)
      return new Tensor('float64', Float64Array.from(data), shape);
    if (data instanceof Uint32Array) {
      return new Tensor('int32', new Int32Array(data.buffer, data.byteOffset, data.length), shape);
    }
    return new Tensor(ortTypes[type], data, shape);
  }

  /** Ends profiling, where `create` was asked for it: the runtime writes its trace (JSON, a line an operator) to the console. */
  endProfiling(): void {
    this.session.endProfiling();
  }

  async dispose(): Promise<void> {
    this.parameterTensors.clear();
    await this.session.release();
  }
}

function required<T>(tensor: Tensor, data: T | undefined): T {
  if (data !== undefined) return data;
  throw new EngineError(
    'shape-mismatch',
    `${tensor.name} ${formatShape(tensor.shape)} was not fed.`,
    'Every input of the graph needs a value for each micro-batch.',
    { tensor: tensor.name },
  );
}
