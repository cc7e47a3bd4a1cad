import { random } from '../../src/base/random.ts';
import { pointGrid } from '../../src/app/ui/scatter/pointGrid.ts';
import type { Scene } from '../../src/app/ui/scatter/scene.ts';
import { createSurface } from '../../src/app/ui/scatter/surface.ts';
import type { PlotColors } from '../../src/app/ui/plotTheme.ts';

// The map without React: what a frame costs while it is moved and zoomed, and what a hover and a lasso cost.

const size = { width: 1080, height: 520 };

function sceneOf(count: number, isChosen: boolean): Scene {
  const r = random(3);
  const groups = 145;
  const centres = Float32Array.from({ length: 2 * groups }, () => 10 * r.normal());
  const xy = new Float32Array(2 * count);
  const colors = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const group = r.integer(groups);
    colors[i] = group % 8;
    for (const axis of [0, 1]) xy[2 * i + axis] = (centres[2 * group + axis] as number) + r.normal();
  }
  const labels = Array.from({ length: groups }, (_, g) => ({
    text: `cluster ${g}`,
    x: centres[2 * g] as number,
    y: centres[2 * g + 1] as number,
    weight: groups - g,
  }));
  const palette = Array.from({ length: 8 }, (_, c) => `rgb(${30 * c}, ${200 - 20 * c}, ${(90 * c) % 255})`);
  return {
    xy,
    colors,
    palette,
    chosen: isChosen ? Uint8Array.from(colors, (c) => (c < 2 ? 1 : 0)) : null,
    labels,
  };
}

const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
const most = (values: number[]) => Math.max(...values);
const nextFrame = () => new Promise<number>((done) => requestAnimationFrame(done));

async function measure(count: number, isChosen: boolean, withWebgl: boolean) {
  const host = document.querySelector('#map') as HTMLElement;
  const canvases = [document.createElement('canvas'), document.createElement('canvas')] as const;
  host.replaceChildren(...canvases);
  for (const canvas of canvases)
    canvas.style.cssText = 'position: absolute; inset: 0; width: 100%; height: 100%';
  const surface = createSurface(...canvases, withWebgl, () => undefined);
  if (!surface) throw new Error('no canvas');
  const scene = sceneOf(count, isChosen);
  const started = performance.now();
  surface.resize(size);
  surface.setScene(scene, { ink: '#000', paper: '#fff', accent: '#63c' } as PlotColors);
  surface.drawNow();
  await nextFrame();
  const firstMs = performance.now() - started;
  const [frames, draws]: [number[], number[]] = [[], []];
  let last = await nextFrame();
  // All points first, as at rest; then as the hand moves it, where slow frames draw fewer.
  const whole: number[] = [];
  for (let frame = 0; frame < 10; frame++) {
    surface.setMarked([frame]);
    surface.drawNow();
    const now = await nextFrame();
    whole.push(now - last);
    last = now;
  }
  for (let frame = 0; frame < 60; frame++) {
    const before = performance.now();
    if (frame % 2 === 0) surface.pan(6 * Math.sin(frame), 4);
    else surface.zoomBy(frame < 30 ? 1.06 : 1 / 1.06);
    surface.drawNow();
    draws.push(performance.now() - before);
    const now = await nextFrame();
    frames.push(now - last);
    last = now;
  }
  const gridStarted = performance.now();
  const grid = pointGrid(scene.xy);
  const gridMs = performance.now() - gridStarted;
  const hoverStarted = performance.now();
  for (let i = 0; i < 1000; i++) grid.nearest({ x: (i % 30) - 15, y: i / 50 - 10 }, 0.2);
  const hoverMs = (performance.now() - hoverStarted) / 1000;
  const lassoStarted = performance.now();
  const polygon = Array.from({ length: 200 }, (_, i) => ({
    x: 8 * Math.cos((i * Math.PI) / 100),
    y: 8 * Math.sin((i * Math.PI) / 100),
  }));
  const inside = grid.inside(polygon).length;
  const lassoMs = performance.now() - lassoStarted;
  surface.dispose();
  return {
    count,
    isChosen,
    painter: withWebgl && canvases[0].getContext('webgl2') ? 'WebGL2' : '2-D canvas',
    firstMs,
    wholeMs: median(whole),
    frameMs: median(frames.slice(10)),
    worstFrameMs: most(frames.slice(10)),
    drawMs: median(draws),
    gridMs,
    hoverMs,
    lassoMs,
    inside,
  };
}

Object.assign(globalThis, { measure });
