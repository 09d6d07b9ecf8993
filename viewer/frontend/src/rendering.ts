/**
 * Volume rendering: rays through the volume, from transparent below the window to solid above it, with light.
 *
 * WebGL 2 draws a copy of at most 192 voxels a side in 256 levels: it is for the look of a thing, and nothing is
 * measured on it.
 */
import { CanvasPane, type Extent } from './canvaspane';
import type { FrameStream } from './frames';
import { cross, type Direction } from './geometry';
import type { Content, Pane } from './pane';
import type { Point2, Point3, Series } from './payload';
import { type Affine, along, fromCanvas, type Sheet } from './sheet';
import { voiRange } from './values';
import { Volume } from './volume';

const SIDE = 192;
const VIEWS = 72;
/** Pixels a side that are cast; the canvas enlarges them. */
const CAST = 420;
const DRAG = Math.PI / 360;
/** Bone and enhanced vessels; everything else opens with its own window. */
const CT_WINDOW = { name: 'bone, 3-D', center: 300, width: 400 };

const VERTEX = `#version 300 es
in vec2 corner; void main() { gl_Position = vec4(corner, 0, 1); }`;

const FRAGMENT = `#version 300 es
precision highp float; precision highp sampler3D;
uniform sampler3D values; uniform vec3 start, right, down, way, cell; uniform float height, lower, upper; uniform int count;
out vec4 colour;
float at(vec3 p) { return texture(values, p).r; }
void main() {
  vec3 p = start + right * gl_FragCoord.x + down * (height - gl_FragCoord.y);
  vec4 sum = vec4(0);
  for (int n = 0; n < count && sum.a < 0.97; n++, p += way) {
    if (any(lessThan(p, vec3(0))) || any(greaterThan(p, vec3(1)))) continue;
    float t = clamp((at(p) - lower) / (upper - lower), 0.0, 1.0);
    if (t < 0.02) continue;
    vec3 g = vec3(at(p + vec3(cell.x, 0, 0)) - at(p - vec3(cell.x, 0, 0)),
                  at(p + vec3(0, cell.y, 0)) - at(p - vec3(0, cell.y, 0)),
                  at(p + vec3(0, 0, cell.z)) - at(p - vec3(0, 0, cell.z)));
    float towards = abs(at(p + way) - at(p - way));
    float light = clamp(towards / (length(g) * length(way / cell) + 0.004), 0.0, 1.0);
    float a = t * t * 0.5;
    vec3 c = mix(vec3(0.72, 0.33, 0.24), vec3(1.0, 0.96, 0.88), t) * (0.3 + 0.7 * light);
    sum += (1.0 - sum.a) * vec4(c * a, a);
  }
  colour = vec4(sum.rgb, 1);
}`;

export class RenderedPane extends CanvasPane implements Pane {
  readonly content: Content;
  readonly frames = VIEWS;
  readonly #volume: Volume;
  readonly #radius: number;
  readonly #range: readonly [least: number, most: number];
  #gl: { canvas: OffscreenCanvas; gl: WebGL2RenderingContext; program: WebGLProgram } | null = null;
  #texture = false;
  #azimuth = 0;
  #elevation = 0;
  #arrivals = 0;

  constructor(element: HTMLDivElement, content: Content, series: Series, stream: FrameStream) {
    super(element, series);
    this.content = content;
    this.#volume = new Volume(series, stream);
    const { centre, corners } = this.#volume;
    this.#radius = Math.max(
      ...corners.map((c) => Math.hypot(c[0] - centre[0], c[1] - centre[1], c[2] - centre[2])),
    );
    const own = voiRange(series, series.window);
    this.#range = series.unit === 'HU' ? [-1000, 2000] : [Math.min(0, own.lower), own.upper * 1.5];
    if (series.unit === 'HU') this.window = CT_WINDOW;
  }

  async open(): Promise<void> {
    this.#gl = context();
    this.paint();
  }

  get title(): string {
    return `${this.series.label}\nvolume rendering`;
  }

  get whereabouts(): string {
    return ['not for measuring', this.#volume.arrival].filter(Boolean).join(' · ');
  }

  get whole(): boolean {
    return this.#volume.whole;
  }

  get frame(): number {
    return Math.round((this.#azimuth / (2 * Math.PI)) * VIEWS) % VIEWS;
  }

  set frame(frame: number) {
    this.#azimuth = (2 * Math.PI * frame) / VIEWS;
    this.schedule();
  }

  /** Turns as a hand turns a thing, by so many pixels. */
  spin(dx: number, dy: number): void {
    const turn = 2 * Math.PI;
    this.#azimuth = (((this.#azimuth - dx * DRAG * 2) % turn) + turn) % turn;
    this.#elevation = Math.min(1.5, Math.max(-1.5, this.#elevation + dy * DRAG * 2));
    this.moved();
  }

  get sheet(): Sheet {
    const { u, v } = this.#directions;
    const axes = { row: u, column: v };
    return { toCanvas: this.affine, place: null, axes, scale: [1, 1], extent: this.extent, reach: 0 };
  }

  readonly grain: Point2 = [1, 1];

  arrived(): void {
    this.#arrivals ||= window.setTimeout(() => {
      this.#arrivals = 0;
      this.#texture = false;
      this.schedule();
    }, 700);
  }

  override destroy(): void {
    clearTimeout(this.#arrivals);
    this.#gl?.gl.getExtension('WEBGL_lose_context')?.loseContext();
    super.destroy();
  }

  frameAt(): null {
    return null;
  }

  probe(): null {
    return null;
  }

  value(): null {
    return null;
  }

  protected get extent(): Extent {
    // The corners of the box hold nothing to see as a rule.
    const side = 0.8 * this.#radius;
    return [-side, side, -side, side];
  }

  protected picture(width: number, height: number, toCanvas: Affine): ImageData | null {
    if (!this.#gl) return null;
    const share = Math.min(1, CAST / Math.max(width, height));
    const [w, h] = [Math.ceil(width * share), Math.ceil(height * share)];
    this.#cast(w, h, toCanvas.map((value) => value * share) as unknown as Affine);
    const flat = new OffscreenCanvas(width, height);
    const brush = flat.getContext('2d')!;
    brush.drawImage(this.#gl.canvas, 0, 0, width, height);
    return brush.getImageData(0, 0, width, height);
  }

  #cast(width: number, height: number, toCanvas: Affine): void {
    const { canvas, gl, program } = this.#gl!;
    [canvas.width, canvas.height] = [width, height];
    gl.viewport(0, 0, width, height);
    if (!this.#texture) this.#upload(gl);
    const { n } = this.#directions;
    const point = (x: number, y: number): Point3 => this.#texel(this.#front(fromCanvas(toCanvas, [x, y])));
    const [start, right, down] = [point(0, 0), point(1, 0), point(0, 1)];
    const step = Math.max(
      ...this.#volume.size.map((count, axis) => (count / SIDE) * Math.hypot(...this.#volume.steps[axis]!)),
      0.7,
    );
    const way = minus(this.#texel(along(this.#volume.centre, n, step)), this.#texel(this.#volume.centre));
    const { lower, upper } = voiRange(this.series, this.window);
    const vectors = { start, right: minus(right, start), down: minus(down, start), way, cell: this.#cell };
    for (const [name, value] of Object.entries(vectors))
      gl.uniform3fv(gl.getUniformLocation(program, name), value);
    const numbers = { height, lower: this.#level(lower), upper: this.#level(upper) };
    for (const [name, value] of Object.entries(numbers))
      gl.uniform1f(gl.getUniformLocation(program, name), value);
    gl.uniform1i(gl.getUniformLocation(program, 'count'), Math.ceil((2 * this.#radius) / step));
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  /** A point of the sheet, brought in front of the volume. */
  #front([x, y]: Point2): Point3 {
    const { u, v, n } = this.#directions;
    return along(along(along(this.#volume.centre, u, x), v, y), n, -this.#radius);
  }

  #texel(point: Point3): Point3 {
    const index = this.#volume.toIndex(point);
    return index.map((value, axis) => (value + 0.5) / this.#volume.size[axis]!) as unknown as Point3;
  }

  /** A value as sent as a share of the range that the texture holds. */
  #level(value: number): number {
    const [least, most] = this.#range;
    return (value - least) / (most - least);
  }

  get #strides(): Point3 {
    return this.#volume.size.map((count) => Math.max(1, Math.ceil(count / SIDE))) as unknown as Point3;
  }

  get #cell(): Point3 {
    return this.#volume.size.map((count, axis) => this.#strides[axis]! / count) as unknown as Point3;
  }

  #upload(gl: WebGL2RenderingContext): void {
    const [si, sj, sk] = this.#strides;
    const [ni, nj, nk] = this.#volume.size;
    const [w, h, d] = [Math.floor(ni / si), Math.floor(nj / sj), Math.floor(nk / sk)];
    const texels = new Uint8Array(w * h * d);
    for (let k = 0; k < d; k++) {
      const values = this.#volume.frame(k * sk);
      if (!values) continue;
      for (let j = 0, at = k * w * h; j < h; j++) {
        for (let i = 0; i < w; i++, at++) {
          texels[at] = Math.min(255, Math.max(0, 255 * this.#level(values[j * sj * ni + i * si]!)));
        }
      }
    }
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.R8, w, h, d, 0, gl.RED, gl.UNSIGNED_BYTE, texels);
    this.#texture = true;
  }

  /** To the right and down on the screen, and away from the reader, who looks from the front at first. */
  get #directions(): { u: Direction; v: Direction; n: Direction } {
    const [c, s] = [Math.cos(this.#azimuth), Math.sin(this.#azimuth)];
    const [ce, se] = [Math.cos(this.#elevation), Math.sin(this.#elevation)];
    const u: Direction = [c, s, 0];
    const n: Direction = [-s * ce, c * ce, -se];
    return { u, n, v: cross(n, u) };
  }
}

function context(): { canvas: OffscreenCanvas; gl: WebGL2RenderingContext; program: WebGLProgram } {
  const canvas = new OffscreenCanvas(1, 1);
  const gl = canvas.getContext('webgl2', { antialias: false, preserveDrawingBuffer: true });
  if (!gl) throw new Error('volume rendering needs WebGL 2, which this browser does not offer');
  const program = gl.createProgram();
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new Error(`volume rendering could not start: ${gl.getProgramInfoLog(program)}`);
  }
  gl.useProgram(program);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(gl.getAttribLocation(program, 'corner'), 2, gl.FLOAT, false, 0, 0);
  gl.bindTexture(gl.TEXTURE_3D, gl.createTexture());
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R]) {
    gl.texParameteri(gl.TEXTURE_3D, name, gl.CLAMP_TO_EDGE);
  }
  for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER])
    gl.texParameteri(gl.TEXTURE_3D, name, gl.LINEAR);
  return { canvas, gl, program };
}

const minus = (a: Point3, b: Point3): Point3 => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
