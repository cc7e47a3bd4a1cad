import { defineConfig } from '@playwright/test';
import { chromiumArgs, chromiumCpuArgs, findChromium } from './scripts/browser.mjs';

// Two browsers: `webgpu` has an adapter (SwiftShader where there is no graphics card), `cpu` has none and trains through
// ONNX Runtime's WASM. A test tagged @webgpu or @cpu runs in that one only; everything else runs in `cpu`, and what is
// tagged @both in each.

// Test workers load this file again and inherit the environment: one port a run, so that runs do not meet.
process.env['VERBENA_E2E_PORT'] ??= String(20_000 + (process.pid % 20_000));
const port = Number(process.env['VERBENA_E2E_PORT']);
// Another folder than dist/: only for work on the tests themselves.
const root = process.env['VERBENA_E2E_ROOT'] ?? 'dist';
const executablePath = (await findChromium()) ?? '';

export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  // Software rendering and training take both cores.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env['CI']),
  // Real browsers on small shared machines: what fails is tried once more in CI, and is named as flaky where it then passes.
  retries: process.env['CI'] ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${port}`,
    viewport: { width: 1280, height: 900 },
    // What cannot be pressed within this fails where it stands, not at the end of the test's time.
    actionTimeout: 30_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    reducedMotion: 'reduce',
  },
  projects: [
    {
      name: 'webgpu',
      grep: /@webgpu|@both/u,
      use: { launchOptions: { executablePath, args: [...chromiumArgs] } },
    },
    {
      name: 'cpu',
      grepInvert: /@webgpu/u,
      use: { launchOptions: { executablePath, args: [...chromiumCpuArgs] } },
    },
  ],
  webServer: {
    command: `node scripts/serve.mjs --root ${root} --port ${port} --strict-port`,
    url: `http://localhost:${port}/`,
    reuseExistingServer: false,
    timeout: 30_000,
  },
});
