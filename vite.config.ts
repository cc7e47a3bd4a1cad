import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { findChromium, swiftShaderEnvironment } from './scripts/browser.mjs';
import { isolationHeaders } from './scripts/headers.mjs';

// Kernels are tested on WebGPU in Node. Its Vulkan loader reads the environment when a process starts, so it is set here,
// before vitest forks its workers: `npx vitest` then needs nothing else.
if (process.env['VITEST']) Object.assign(process.env, swiftShaderEnvironment(await findChromium()));

export default defineConfig({
  plugins: [react()],
  // Cross-origin isolation lets workers share memory: the CPU lowering's threads need it.
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
  worker: { format: 'es' },
  build: { target: 'es2023', chunkSizeWarningLimit: 1200 },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  test: {
    // Kernels on a software GPU, ONNX Runtime's threads and browsers each take both cores of a small machine by themselves.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
