import { describe, expect, it } from 'vitest';
import type { Pane } from './pane';
import type { Point2, Series } from './payload';
import { Placement } from './placement';
import { canvasPoint, pointed, putOn, sameContent, sharedView } from './sharing';
import { framePlace } from './sheet';
import type { Viewport } from './viewport';

const SERIES = {
  id: 'ct',
  rows: 200,
  columns: 300,
  spacing: [0.8, 0.5],
  orientation: [0, 1, 0, 0, 0, -1],
  positions: [
    [10, -20, 30],
    [15, -20, 30],
  ],
  frameOfReference: 'room',
  window: { name: 'own', center: 40, width: 400 },
  presets: [{ name: 'lung', center: -600, width: 1500, function: 'SIGMOID' }],
} as unknown as Series;

/** A viewport of a size, with the placement that a stack has. */
function shown(width: number, height: number, frame = 0) {
  const placement = new Placement(SERIES.columns, SERIES.rows, SERIES.spacing);
  placement.box = [width, height];
  const pane = {
    content: { kind: 'stack', series: 'ct' },
    series: SERIES,
    frame,
    window: SERIES.window,
    inverted: false,
    get zoom() {
      return placement.zoom;
    },
    get rotation() {
      return placement.rotation;
    },
    get flips() {
      return placement.flips;
    },
    get sheet() {
      return { toCanvas: placement.toCanvas, place: framePlace(SERIES, frame), reach: 2.5 };
    },
    rotate: () => placement.rotate(),
    flip: (axis: 0 | 1) => placement.flip(axis),
    pan: (dx: number, dy: number) => placement.pan(dx, dy),
    zoomBy: (factor: number, at: Point2) => placement.zoomBy(factor, at),
  } as unknown as Pane;
  const viewport = { ready: pane, element: { clientWidth: width, clientHeight: height } };
  return { pane, viewport: viewport as unknown as Viewport };
}

describe('what is shown, in windows of any size', () => {
  const turns = [0, 1, 2, 3].flatMap((turn) =>
    [[], [0], [1], [0, 1]].map((flips) => ({ turn, flips: flips as (0 | 1)[] })),
  );
  it.each(turns)('is the same on the other side after $turn turns and flips $flips', ({ turn, flips }) => {
    const here = shown(1000, 700);
    for (const axis of flips) here.pane.flip(axis);
    for (let n = 0; n < turn; n++) here.pane.rotate();
    here.pane.zoomBy(2.5, [300, 100]);
    here.pane.pan(-37, 91);
    here.pane.window = { name: '', center: -600, width: 1500 };
    here.pane.inverted = true;
    const there = shown(640, 900);
    there.pane.rotate();
    there.pane.pan(200, 5);
    putOn(there.viewport, there.pane, sharedView(here.viewport)!);
    const [mine, theirs] = [sharedView(here.viewport)!, sharedView(there.viewport)!];
    expect({ ...theirs, placement: { ...theirs.placement, centre: null } }).toEqual({
      ...mine,
      placement: { ...mine.placement, centre: null },
    });
    expect(theirs.placement.centre[0]).toBeCloseTo(mine.placement.centre[0], 2);
    expect(theirs.placement.centre[1]).toBeCloseTo(mine.placement.centre[1], 2);
    // A window of the series comes with the function that it has.
    expect(there.pane.window.function).toBe('SIGMOID');
  });
});

describe('a place that is pointed at', () => {
  it('is one of the patient, and found on the canvas of another size within a pixel', () => {
    const [here, there] = [shown(1000, 700), shown(500, 500)];
    const place = pointed(here.pane, [500, 350]);
    // The middle of 300 columns and 200 rows: 149.5 columns of 0.5 mm along y, 99.5 rows of 0.8 mm along −z.
    expect(place.point).toEqual([10, 54.75, -49.6]);
    const [x, y] = canvasPoint(there.pane, place, SERIES)!;
    expect(Math.hypot(x - 250, y - 250)).toBeLessThan(1);
  });

  it('is not on another frame, nor in another frame of reference', () => {
    const place = pointed(shown(1000, 700).pane, [500, 350]);
    expect(canvasPoint(shown(1000, 700, 1).pane, place, SERIES)).toBeNull();
    const elsewhere = { ...SERIES, frameOfReference: 'elsewhere' } as Series;
    expect(canvasPoint(shown(1000, 700).pane, place, elsewhere)).toBeNull();
  });
});

it('tells contents apart by what they show', () => {
  const plane = { kind: 'plane', series: 'ct', plane: 'axial' } as const;
  expect(sameContent(plane, { ...plane, over: undefined })).toBe(true);
  expect(sameContent(plane, { ...plane, over: 'pet' })).toBe(false);
  expect(sameContent(plane, { kind: 'stack', series: 'ct' })).toBe(false);
});
