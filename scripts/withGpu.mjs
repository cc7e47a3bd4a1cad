// node scripts/withGpu.mjs SCRIPT.ts ARGS...: runs a TypeScript script where Node finds a WebGPU device: on the machine's own
// driver, else on Chromium's software driver. The Vulkan loader reads its environment when a process starts, hence the child.
import { spawn } from 'node:child_process';
import { findChromium, swiftShaderEnvironment } from './browser.mjs';

const environment = process.env.VERBENA_GPU === 'native' ? {} : swiftShaderEnvironment(await findChromium());
const child = spawn(process.execPath, ['--import', 'tsx', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, ...environment },
});
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
