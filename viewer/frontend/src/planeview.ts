/** Zoom, pan, turn and mirror of a picture whose sheet is in mm around its own middle. */
import type { Point2 } from './payload';
import type { Affine } from './sheet';

const LEAST = 0.2;
const MOST = 40;

export class PlaneView {
  zoom = 1;
  rotation = 0;
  flips: [horizontal: boolean, vertical: boolean] = [false, false];
  #pan: Point2 = [0, 0];

  get mirrored(): boolean {
    return this.flips[0] !== this.flips[1];
  }

  reset(): void {
    this.zoom = 1;
    this.rotation = 0;
    this.flips = [false, false];
    this.#pan = [0, 0];
  }

  rotate(): void {
    this.rotation = (this.rotation + (this.mirrored ? 270 : 90)) % 360;
  }

  flip(axis: 0 | 1): void {
    this.flips[axis] = !this.flips[axis];
  }

  pan(dx: number, dy: number): void {
    this.#pan = [this.#pan[0] + dx, this.#pan[1] + dy];
  }

  /** Enlarges about a canvas point, which stays where it is. */
  zoomBy(factor: number, [x, y]: Point2, [width, height]: Point2): void {
    const zoom = Math.min(MOST, Math.max(LEAST, this.zoom * factor));
    const share = zoom / this.zoom;
    const [dx, dy] = [x - width / 2, y - height / 2];
    this.#pan = [dx - share * (dx - this.#pan[0]), dy - share * (dy - this.#pan[1])];
    this.zoom = zoom;
  }

  /** mm on the sheet to CSS pixels of a canvas that the extent fits into. */
  affine([width, height]: Point2, [u0, u1, v0, v1]: readonly [number, number, number, number]): Affine {
    const scale = this.zoom * Math.min(width / (u1 - u0), height / (v1 - v0));
    const turn = (this.rotation * Math.PI) / 180;
    const [cos, sin] = [Math.cos(turn) * scale, Math.sin(turn) * scale];
    const [fx, fy] = [this.flips[0] ? -1 : 1, this.flips[1] ? -1 : 1];
    const [a, b, c, d] = [fx * cos, fy * sin, -fx * sin, fy * cos];
    const [u, v] = [(u0 + u1) / 2, (v0 + v1) / 2];
    const [x, y] = [width / 2 + this.#pan[0], height / 2 + this.#pan[1]];
    return [a, b, c, d, x - a * u - c * v, y - b * u - d * v];
  }
}
