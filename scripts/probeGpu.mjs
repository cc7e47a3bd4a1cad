// Does Node's WebGPU (Dawn) find a device here? Prints its name; exit code 1 where it does not. scripts/test.mjs runs
// this in a process of its own, because the Vulkan loader reads its environment once, at the start.
try {
  const { create } = await import('webgpu');
  const adapter = await create([]).requestAdapter();
  if (!adapter) throw new Error('no adapter');
  const device = await adapter.requestDevice();
  console.log(
    `WebGPU in Node: ${adapter.info.vendor} ${adapter.info.architecture} ${adapter.info.description}`.trim(),
  );
  device.destroy();
  process.exit(0);
} catch (error) {
  console.log(`WebGPU in Node: none (${error instanceof Error ? error.message : String(error)})`);
  process.exit(1);
}
