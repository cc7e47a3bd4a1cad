import { random } from '../../../base/random.ts';
import { channels, opacity, type Scene } from './scene.ts';
import type { Size, View } from './view.ts';

/** Draws the points of a scene; labels lie on another canvas. */
export interface Painter {
  setScene(scene: Scene): void;
  /** `share`: of the points, drawn evenly from all. */
  draw(view: View, size: Size, pixelRatio: number, pointPixels: number, share: number): void;
  dispose(): void;
}

const vertexCode = `#version 300 es
in vec2 position;
in vec3 color;
in float chosen;
uniform vec4 view;
uniform float size;
// Which points this pass draws (-1: all), and their opacity.
uniform vec2 pass;
out vec4 tint;
void main() {
  if (pass.x >= 0.0 && chosen != pass.x) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); gl_PointSize = 1.0; return; }
  gl_Position = vec4((position - view.xy) * view.zw, 0.0, 1.0);
  gl_PointSize = size;
  tint = vec4(color * pass.y, pass.y);
}`;

const fragmentCode = `#version 300 es
precision highp float;
in vec4 tint;
uniform float size;
out vec4 ink;
void main() {
  // A disc with an edge one pixel soft.
  float edge = 0.5 * size - length(gl_PointCoord - 0.5) * size + 0.5;
  if (edge <= 0.0) discard;
  ink = tint * min(1.0, edge);
}`;

/**
 * Points by WebGL2; null where the browser has none. One buffer an attribute, one draw call (two where some are chosen). Points lie in a
 * shuffled order: the first of them are a fair sample, and no group covers another for coming last in the file.
 */
export function webglPainter(canvas: HTMLCanvasElement): Painter | null {
  const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true, alpha: true });
  if (!gl) return null;
  const program = link(gl);
  if (!program) return null;
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const [viewAt, sizeAt, passAt] = [uniform('view'), uniform('size'), uniform('pass')];
  const attributes = { position: gl.createBuffer(), color: gl.createBuffer(), chosen: gl.createBuffer() };
  const fill = (name: keyof typeof attributes, data: Float32Array | Uint8Array, width: number) => {
    const at = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, attributes[name]);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(at);
    const isBytes = data instanceof Uint8Array;
    // Colours become 0 .. 1; what says whether a point is chosen stays 0 or 1.
    gl.vertexAttribPointer(at, width, isBytes ? gl.UNSIGNED_BYTE : gl.FLOAT, name === 'color', 0, 0);
  };
  let scene: Scene | null = null;
  let order = new Uint32Array();
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  return {
    setScene(next) {
      const count = next.xy.length / 2;
      if (order.length !== count) order = random(1).shuffle(Uint32Array.from({ length: count }, (_, i) => i));
      if (scene?.xy !== next.xy) {
        const xy = new Float32Array(2 * count);
        order.forEach((i, at) => xy.set(next.xy.subarray(2 * i, 2 * i + 2), 2 * at));
        fill('position', xy, 2);
      }
      if (scene?.colors !== next.colors || scene.palette !== next.palette || scene.xy !== next.xy) {
        const palette = next.palette.map(channels);
        const rgb = new Uint8Array(3 * count);
        order.forEach((i, at) => rgb.set(palette[next.colors[i] as number] ?? [0, 0, 0], 3 * at));
        fill('color', rgb, 3);
      }
      if (!scene || scene.chosen !== next.chosen || scene.xy !== next.xy)
        fill(
          'chosen',
          Uint8Array.from(order, (i) => next.chosen?.[i] ?? 0),
          1,
        );
      scene = next;
    },
    draw({ x, y, scale }, { width, height }, pixelRatio, pointPixels, share) {
      const [wide, high] = [Math.round(width * pixelRatio), Math.round(height * pixelRatio)];
      if (canvas.width !== wide) canvas.width = wide;
      if (canvas.height !== high) canvas.height = high;
      gl.viewport(0, 0, wide, high);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      if (!scene) return;
      gl.uniform4f(viewAt, x, y, (2 * scale) / width, (2 * scale) / height);
      gl.uniform1f(sizeAt, pointPixels * pixelRatio);
      const count = scene.xy.length / 2;
      const some = Math.ceil(share * count);
      const pass = (which: number, alpha: number, points: number) => {
        gl.uniform2f(passAt, which, alpha);
        gl.drawArrays(gl.POINTS, 0, points);
      };
      if (!scene.chosen) pass(-1, opacity.plain, some);
      else {
        pass(0, opacity.passed, some);
        pass(1, opacity.chosen, some);
      }
    },
    dispose() {
      for (const buffer of Object.values(attributes)) gl.deleteBuffer(buffer);
      gl.deleteProgram(program);
    },
  };
}

function link(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, code] of [
    [gl.VERTEX_SHADER, vertexCode],
    [gl.FRAGMENT_SHADER, fragmentCode],
  ] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return null;
    gl.shaderSource(shader, code);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}
