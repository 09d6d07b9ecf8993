/** Drags that turn: a projection about the patient, and planes about the crosshair. */
import { svg } from './figures';
import type { Lightbox } from './lightbox';
import type { Pane } from './pane';
import type { Point2 } from './payload';
import type { Stroke } from './pointer';
import { drop, type Sheet, toCanvas } from './sheet';
import type { Viewport } from './viewport';

const PIXELS_A_VIEW = 9;
/** Where on the lines of the crosshair they are taken hold of, from its middle. */
const GRIP_PX = 90;
const NEAR_PX = 14;

/** A drag turns the projection; a click takes the other viewports to the most intense place under it. */
export function turning(viewport: Viewport, pane: Pane, start: Point2, box: Lightbox): Stroke {
  let carried = 0;
  let last = start[0];
  return {
    move: ([x]) => {
      carried += x - last;
      last = x;
      const views = Math.trunc(carried / PIXELS_A_VIEW);
      carried -= views * PIXELS_A_VIEW;
      const wanted = pane.frame - views;
      if (views) box.go(viewport, ((wanted % pane.frames) + pane.frames) % pane.frames);
    },
    up: (at, moved) => {
      const point = moved ? null : pane.pick?.(at);
      if (point) box.crossAt(viewport, point);
    },
    cancel: () => {},
  };
}

/** A drag turns the rendered volume in all directions. */
export function spinning(pane: Pane, start: Point2): Stroke {
  let last = start;
  return {
    move: (at) => {
      pane.spin?.(at[0] - last[0], at[1] - last[1]);
      last = at;
    },
    up: () => {},
    cancel: () => {},
  };
}

/** A drag that begins on a grip of the crosshair turns the planes that it stands for; null beside the grips. */
export function tilting(viewport: Viewport, start: Point2, box: Lightbox): Stroke | null {
  const centre = viewport.ready && middleOf(viewport.ready.sheet, box);
  if (
    !centre ||
    !gripsOf(viewport, box).some(([x, y]) => Math.hypot(x - start[0], y - start[1]) <= NEAR_PX)
  ) {
    return null;
  }
  const angle = ([x, y]: Point2): number => Math.atan2(y - centre[1], x - centre[0]);
  let last = angle(start);
  return {
    move: (at) => {
      const now = angle(at);
      box.turnPlanes(viewport, (now - last) * handedness(viewport));
      last = now;
    },
    up: () => {},
    cancel: () => {},
  };
}

/** The grips as circles, for a viewport in which planes can be tilted. */
export function gripFigures(viewport: Viewport, box: Lightbox): SVGElement[] {
  return gripsOf(viewport, box).map(([x, y]) => {
    const grip = svg('circle', 'rv-grip');
    for (const [name, value] of Object.entries({ cx: x, cy: y, r: 6 }))
      grip.setAttribute(name, String(value));
    return grip;
  });
}

/** On each line in which another plane cuts this one, at both sides of the crosshair. */
function gripsOf(viewport: Viewport, box: Lightbox): Point2[] {
  const pane = viewport.ready;
  const place = pane?.sheet.place;
  const centre = pane && middleOf(pane.sheet, box);
  if (!pane?.turn || !place || !centre) return [];
  return box.grid.visible.flatMap((other) => {
    const there = other !== viewport && other.ready?.turn ? other.ready.sheet.place : null;
    if (!there || !box.links.isCrossed(other.ready!)) return [];
    const way = lineOf(pane.sheet, there);
    if (!way) return [];
    return [GRIP_PX, -GRIP_PX].map((px): Point2 => [centre[0] + way[0] * px, centre[1] + way[1] * px]);
  });
}

/** The direction on the canvas in which another plane cuts a sheet; null when they are parallel. */
function lineOf(sheet: Sheet, other: NonNullable<Sheet['place']>): Point2 | null {
  const { place, toCanvas: affine } = sheet;
  const origin = { ...place!, origin: [0, 0, 0] as const };
  const [u, v] = [other.u, other.v].map((way) => drop(origin, way)) as [
    ReturnType<typeof drop>,
    ReturnType<typeof drop>,
  ];
  // The mixture of the other's directions that stays on this sheet.
  const [a, b] = [v.above, -u.above];
  if (Math.hypot(a, b) < 1e-6) return null;
  const [x, y] = [a * u.at[0] + b * v.at[0], a * u.at[1] + b * v.at[1]];
  const way: Point2 = [affine[0] * x + affine[2] * y, affine[1] * x + affine[3] * y];
  const length = Math.hypot(...way);
  return [way[0] / length, way[1] / length];
}

function middleOf({ place, toCanvas: affine }: Sheet, box: Lightbox): Point2 | null {
  const { point } = box.links;
  return place && point ? toCanvas(affine, drop(place, point).at) : null;
}

/** Whether clockwise on the screen is clockwise about the normal, or the view is mirrored. */
function handedness(viewport: Viewport): 1 | -1 {
  const [a, b, c, d] = viewport.ready!.sheet.toCanvas;
  return a * d - b * c > 0 ? 1 : -1;
}
