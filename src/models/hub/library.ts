import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';

/** transformers.js, set up for this page: the runtime is served with it, nothing is asked of a CDN, hub files are cached. */
export async function transformersLibrary() {
  // 1 MB that only those need who ask for a hub model.
  const module = await import('@huggingface/transformers');
  const { env, LogLevel } = module;
  env.allowLocalModels = false;
  env.logLevel = LogLevel.NONE;
  // Its cache would start the runtime from a blob: URL, which the page's Content-Security-Policy refuses; the runtime is served with
  // the page and cached like the rest of it.
  env.useWasmCache = false;
  if (typeof self !== 'undefined' && 'location' in self) {
    // Its own default is a CDN.
    const [mjs, wasm] = await Promise.all([
      import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'),
      import('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'),
    ]);
    const absolute = (url: string) => new URL(url, self.location.href).href;
    if (env.backends.onnx.wasm)
      env.backends.onnx.wasm.wasmPaths = { mjs: absolute(mjs.default), wasm: absolute(wasm.default) };
  }
  return module;
}

/** What `from_pretrained` is told of every model: its revision, and where progress goes. A stop takes effect at the next report. */
export function fetchOptions(revision: string, { signal, onProgress }: TaskOptions) {
  const report = throttled(onProgress);
  return {
    revision,
    progress_callback: (info: { status: string; file?: string; loaded?: number; total?: number }) => {
      throwIfAborted(signal);
      if (info.status === 'progress')
        report({
          phase: `fetching ${info.file ?? 'files'}`,
          done: info.loaded ?? 0,
          total: info.total ?? null,
          unit: 'bytes',
        });
    },
  };
}

/**
 * Deletes what the browser's cache has of a repository's other revisions under the names that this commit has: what was fetched of a branch
 * before commits were asked for, or of a commit that is the newest no more, is never read again.
 */
export async function dropOtherRevisions(repository: string, commit: string): Promise<void> {
  if (typeof caches === 'undefined' || !/^[0-9a-f]{40}$/u.test(commit)) return;
  const { env } = await import('@huggingface/transformers');
  try {
    const cache = await caches.open(env.cacheKey);
    const requests = await cache.keys();
    const files = requests.flatMap(({ url }) => {
      const [, of = '', name = ''] = url.split(`/${repository}/resolve/`)[1]?.match(/^([^/]+)\/(.+)$/u) ?? [];
      return name === '' ? [] : [{ url, of, name }];
    });
    const current = new Set(files.flatMap(({ of, name }) => (of === commit ? [name] : [])));
    for (const { url, of, name } of files) if (of !== commit && current.has(name)) await cache.delete(url);
  } catch {
    // Costs room only.
  }
}
