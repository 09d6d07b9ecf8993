/** What a viewport can show, behind one interface: a stack of images, or a plane or projection of a volume. */
import type { MapName } from './colour';
import type { Direction } from './geometry';
import type { Point2, Point3, Series, Window } from './payload';
import type { Projection } from './reslice';
import type { Sheet } from './sheet';

export type PlaneName = 'axial' | 'coronal' | 'sagittal';

/** What is put into a viewport. `over` is a series laid over it in colour. */
export type Content =
  | { readonly kind: 'stack'; readonly series: string }
  | {
      readonly kind: 'plane';
      readonly series: string;
      readonly plane: PlaneName;
      readonly over?: string | undefined;
    }
  | { readonly kind: 'turning'; readonly series: string }
  | { readonly kind: 'volume'; readonly series: string };

/** How thick a plane is, and what is shown of its thickness. */
export type SlabSetting = { readonly projection: Projection | 'none'; readonly mm: number };

/** How a series is laid over another. */
export type Fusion = { readonly opacity: number; readonly map: MapName; readonly window: Window };

export type Probe = { readonly text: string };

export type Pane = {
  readonly content: Content;
  /** Whose values, unit and windows these are. */
  readonly series: Series;
  readonly title: string;
  readonly element: HTMLDivElement;
  readonly canvas: HTMLCanvasElement;
  /** Called whenever the canvas has been painted. */
  onRender: () => void;
  readonly frames: number;
  frame: number;
  window: Window;
  inverted: boolean;
  readonly rotation: number;
  readonly flips: readonly [horizontal: boolean, vertical: boolean];
  readonly zoom: number;
  readonly sheet: Sheet;
  /** Distance of its own values in u and v: what regions are sampled at. */
  readonly grain: Point2;
  /** Position in the patient and thickness, as text. */
  readonly whereabouts: string;
  /** Whether all that the frame needs has arrived. */
  readonly whole: boolean;

  open(): Promise<void>;
  /** A quarter turn clockwise on the screen, also of an image that is mirrored. */
  rotate(): void;
  flip(axis: 0 | 1): void;
  pan(dx: number, dy: number): void;
  zoomBy(factor: number, at: Point2): void;
  /** Geometry, window and inversion as when it was opened; the frame stays. */
  reset(): void;
  resize(): void;
  /** A frame of its series has arrived. */
  arrived(frame: number): void;
  destroy(): void;

  // What only planes through a volume have.
  slab?: SlabSetting;
  fusion?: Fusion | null;
  /** The series laid over. */
  readonly over?: Series | null;
  /** Goes through a patient position, between two frames if need be. */
  through?(point: Point3): void;
  /** Turns the plane about an axis in the patient through a position. */
  turn?(axis: Direction, radians: number, about: Point3): void;
  /** Turns a rendered volume by a drag of so many pixels. */
  spin?(dx: number, dy: number): void;
  /** A projection's most intense place under a canvas point. */
  pick?(canvasPoint: Point2): Point3 | null;

  /** The frame nearest to a patient position; null without geometry. */
  frameAt(point: Point3): number | null;
  /** The value at a sheet point as text, with its place. */
  probe(at: Point2): Probe | null;
  /** The value at a sheet point in the series' unit; null where there is none, or several (colour). */
  value(at: Point2): number | null;
};

/** The name of the space that the positions of a series live in. */
export function spaceOf(series: Series): string {
  return series.frameOfReference ?? `series ${series.id}`;
}
