import type * as Ort from 'onnxruntime-web/wasm';
import { EngineError } from '../errors.ts';

/** The ONNX runtime, initialised for a number of threads. */
export interface OnnxRuntime {
  readonly ort: typeof Ort;
  readonly threads: number;
}

/** Node runs it for tests, scripts and CI; two threads, as many as the smallest CI machine has cores. */
const nodeThreads = 2;

let loading: Promise<OnnxRuntime> | null = null;

/**
 * Loads onnxruntime-web's WebAssembly backend once for this thread; the first caller's `threads` holds, since the runtime cannot
 * change it later. Default: every core where the page is cross-origin isolated (shared memory needs it), else one; two in Node.
 * Throws `onnx-failed`.
 */
export function loadOnnxRuntime(threads?: number): Promise<OnnxRuntime> {
  loading ??= load(threads).catch((error: unknown) => {
    loading = null;
    throw new EngineError(
      'onnx-failed',
      `The CPU runtime (onnxruntime-web) could not be loaded: ${error instanceof Error ? error.message : String(error)}.`,
      'Reload the page; its WebAssembly files must be served from the page’s own origin.',
      {},
      error,
    );
  });
  return loading;
}

async function load(requested: number | undefined): Promise<OnnxRuntime> {
  const inNode = typeof process !== 'undefined' && Boolean(process.versions?.node);
  const ort = inNode ? await importForNode() : await importForBrowser();
  // Threads need shared memory, which a browser grants to cross-origin isolated pages only.
  const most = inNode ? nodeThreads : globalThis.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  const threads = inNode ? (requested ?? most) : Math.min(requested ?? most, most);
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'fatal';
  return { ort, threads };
}

async function importForNode(): Promise<typeof Ort> {
  // A variable keeps the bundler from packing Node's build of the runtime into the page.
  const nodeBuild = 'onnxruntime-web';
  return (await import(/* @vite-ignore */ nodeBuild)) as typeof Ort;
}

async function importForBrowser(): Promise<typeof Ort> {
  const [ort, { wasmPaths }] = await Promise.all([import('onnxruntime-web/wasm'), import('./wasmPaths.ts')]);
  ort.env.wasm.wasmPaths = wasmPaths;
  return ort;
}
