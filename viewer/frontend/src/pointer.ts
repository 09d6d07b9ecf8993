/** Mouse, wheel, touch and pen on the image area, as the reader's gestures. Positions are CSS pixels on it. */
import type { Tool } from './keys';
import type { Point2 } from './payload';

export type Gestures = {
  tool(): Tool;
  /** The area was pressed: it becomes the active one. */
  down(): void;
  scroll(by: number): void;
  /** Images that a coarse step (Ctrl and wheel) moves. */
  coarseStep(): number;
  window(dx: number, dy: number): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, at: Point2): void;
  probe(at: Point2 | null): void;
  mark(at: Point2): void;
  crosshair(at: Point2): void;
  /** Takes over a drag that draws or erases; null leaves it to the tool. */
  grab(at: Point2, tool: Tool): Stroke | null;
  double(): void;
  menu(at: Point2): void;
};

/** A drag that somebody has taken over. */
export type Stroke = {
  move(at: Point2): void;
  /** `moved`: whether the pointer has left the place where it was pressed. */
  up(at: Point2, moved: boolean): void;
  cancel(): void;
};

/** Tools whose clicks mean nothing by themselves, so that two of them may mean something else. */
const DOUBLE_CLICKED: ReadonlySet<Tool> = new Set(['window', 'pan', 'zoom', 'scroll']);
const NOTCH = 100;
const LINE = 33.3;
const PIXELS_AN_IMAGE = 8;
const LONG_PRESS_MS = 550;
const STILL_PX = 6;

type Drag = {
  tool: Tool;
  stroke: Stroke | null;
  from: Point2;
  last: Point2;
  carried: number;
  moved: boolean;
  timer: number;
};

export function listenToPointers(stage: HTMLElement, gestures: Gestures): () => void {
  const pointers = new Map<number, Point2>();
  let drag: Drag | null = null;
  let pinch: { distance: number; centre: Point2 } | null = null;
  let wheeled = 0;

  const at = (event: MouseEvent): Point2 => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    // A merged event moves as many images as it counts; a track pad's small steps add up.
    wheeled += event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
    const notches = Math.trunc(wheeled / NOTCH);
    if (!notches) return;
    wheeled -= notches * NOTCH;
    gestures.scroll(notches * (event.ctrlKey ? gestures.coarseStep() : 1));
  };

  const toolFor = (event: PointerEvent): Tool => {
    if (event.pointerType === 'mouse' && event.button === 1) return 'pan';
    if (event.pointerType === 'mouse' && event.button === 2) return 'zoom';
    const tool = gestures.tool();
    // One finger scrolls unless a tool was chosen on purpose.
    return event.pointerType === 'touch' && tool === 'window' ? 'scroll' : tool;
  };

  const down = (event: PointerEvent) => {
    if (
      event.target instanceof Element &&
      event.target.closest('button, input, [role=slider], [role=dialog]')
    )
      return;
    if (event.pointerType === 'mouse') event.preventDefault();
    gestures.down();
    stage.setPointerCapture(event.pointerId);
    const point = at(event);
    pointers.set(event.pointerId, point);
    if (pointers.size === 2) return startPinch();
    const timer = event.pointerType === 'touch' ? window.setTimeout(longPress, LONG_PRESS_MS) : 0;
    const tool = toolFor(event);
    const stroke = gestures.grab(point, tool);
    drag = { tool, stroke, from: point, last: point, carried: 0, moved: false, timer };
    if (drag.tool === 'probe') gestures.probe(point);
    if (drag.tool === 'crosshair' && !stroke) gestures.crosshair(point);
  };

  const longPress = () => {
    if (!drag || drag.moved) return;
    drag.stroke?.cancel();
    gestures.menu(drag.from);
    drag = null;
  };

  const startPinch = () => {
    if (drag) clearTimeout(drag.timer);
    drag?.stroke?.cancel();
    drag = null;
    pinch = spread();
  };

  const spread = () => {
    const [a, b] = [...pointers.values()] as [Point2, Point2];
    const centre: Point2 = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    return { distance: Math.hypot(a[0] - b[0], a[1] - b[1]), centre };
  };

  const move = (event: PointerEvent) => {
    const point = at(event);
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, point);
    if (pinch && pointers.size === 2) return movePinch();
    if (!drag) {
      if (event.pointerType !== 'touch') gestures.probe(point);
      return;
    }
    if (!drag.moved && Math.hypot(point[0] - drag.from[0], point[1] - drag.from[1]) < STILL_PX) return;
    if (!drag.moved) clearTimeout(drag.timer);
    drag.moved = true;
    const [dx, dy] = [point[0] - drag.last[0], point[1] - drag.last[1]];
    drag.last = point;
    if (drag.tool === 'probe') gestures.probe(point);
    if (drag.stroke) return drag.stroke.move(point);
    apply(drag, dx, dy, point);
  };

  const apply = (current: Drag, dx: number, dy: number, point: Point2) => {
    switch (current.tool) {
      case 'window':
        return gestures.window(dx, dy);
      case 'pan':
        return gestures.pan(dx, dy);
      case 'zoom':
        return gestures.zoom(1.01 ** -dy, current.from);
      case 'scroll': {
        current.carried += dy;
        const images = Math.trunc(current.carried / PIXELS_AN_IMAGE);
        current.carried -= images * PIXELS_AN_IMAGE;
        return images ? gestures.scroll(images) : undefined;
      }
      case 'crosshair':
        return gestures.crosshair(point);
      default:
        return undefined;
    }
  };

  const movePinch = () => {
    const now = spread();
    if (pinch) {
      gestures.zoom(now.distance / Math.max(1, pinch.distance), now.centre);
      gestures.pan(now.centre[0] - pinch.centre[0], now.centre[1] - pinch.centre[1]);
    }
    pinch = now;
  };

  const up = (event: PointerEvent) => {
    pointers.delete(event.pointerId);
    if (pointers.size < 2) pinch = null;
    if (!drag) return;
    clearTimeout(drag.timer);
    if (drag.stroke) {
      if (event.type === 'pointerup') drag.stroke.up(at(event), drag.moved);
      else drag.stroke.cancel();
    } else if (drag.tool === 'mark' && !drag.moved && event.type === 'pointerup') gestures.mark(drag.from);
    drag = null;
  };

  const leave = () => gestures.probe(null);
  const menu = (event: Event) => event.preventDefault();
  const double = (event: MouseEvent) => {
    const onControl = event.target instanceof Element && event.target.closest('button, [role=slider]');
    if (DOUBLE_CLICKED.has(gestures.tool()) && !onControl) gestures.double();
  };

  const listeners: [string, (event: never) => void][] = [
    ['pointerdown', down],
    ['pointermove', move],
    ['pointerup', up],
    ['pointercancel', up],
    ['pointerleave', leave],
    ['contextmenu', menu],
    ['dblclick', double],
  ];
  for (const [type, listener] of listeners) stage.addEventListener(type, listener as EventListener);
  stage.addEventListener('wheel', wheel, { passive: false });
  return () => {
    for (const [type, listener] of listeners) stage.removeEventListener(type, listener as EventListener);
    stage.removeEventListener('wheel', wheel);
  };
}
