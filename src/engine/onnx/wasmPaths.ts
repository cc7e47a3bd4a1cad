import mjs from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import wasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';

// Vite copies both files beside the page, so that the runtime never reaches for its default: a CDN.
export const wasmPaths = {
  mjs: new URL(mjs, self.location.href).href,
  wasm: new URL(wasm, self.location.href).href,
};
