/** The position of the image in its series: a slider at the edge that also shows what has loaded. */

const PAINTED_MS = 200;

export class Rail {
  readonly element = document.createElement('div');
  readonly #thumb = document.createElement('i');
  readonly #canvas = document.createElement('canvas');
  #frames = 1;
  #has: (frame: number) => boolean = () => false;
  #findings: readonly number[] = [];
  #seen: readonly number[] = [];
  #pending = 0;

  constructor(go: (frame: number) => void) {
    this.element.className = 'rv-rail';
    this.element.setAttribute('role', 'slider');
    this.element.setAttribute('aria-label', 'Image');
    this.element.setAttribute('aria-orientation', 'vertical');
    this.element.setAttribute('aria-valuemin', '1');
    this.element.tabIndex = 0;
    this.element.append(this.#canvas, this.#thumb);
    const drag = (event: PointerEvent) => {
      const box = this.element.getBoundingClientRect();
      const share = (event.clientY - box.top) / box.height;
      go(Math.min(this.#frames - 1, Math.max(0, Math.floor(share * this.#frames))));
    };
    this.element.addEventListener('pointerdown', (event) => {
      event.stopPropagation();
      this.element.setPointerCapture(event.pointerId);
      drag(event);
    });
    this.element.addEventListener('pointermove', (event) => {
      if (this.element.hasPointerCapture(event.pointerId)) drag(event);
    });
  }

  open(frames: number, has: (frame: number) => boolean): void {
    this.#frames = frames;
    this.#has = has;
    this.element.hidden = frames < 2;
    this.element.setAttribute('aria-valuemax', String(frames));
    this.loaded();
  }

  at(frame: number): void {
    this.element.setAttribute('aria-valuenow', String(frame + 1));
    this.#thumb.style.top = `${(100 * (frame + 0.5)) / this.#frames}%`;
  }

  /** Frames on which an outline lies: shown as ticks, after committing only. */
  findings(frames: readonly number[]): void {
    this.#findings = frames;
    this.loaded();
  }

  /** For how long each frame was on screen, in ms: shown beside what has loaded, after committing only. */
  seen(times: readonly number[]): void {
    this.#seen = times;
    this.element.classList.toggle('rv-seen', times.length > 0);
    this.loaded();
  }

  /** Repaints what has loaded, a few times a second at most: while frames stream in, painting is not to slow them. */
  loaded(): void {
    if (this.#pending) return;
    this.#pending = window.setTimeout(() => {
      this.#pending = 0;
      this.#paint();
    }, PAINTED_MS);
  }

  #paint(): void {
    const canvas = this.#canvas;
    // Two columns of the loaded and the findings, and two of the times where they are known.
    const times = this.#seen;
    canvas.width = times.length ? 4 : 2;
    canvas.height = this.#frames;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return;
    const right = canvas.width - 2;
    for (let frame = 0; frame < this.#frames; frame++) {
      context.fillStyle = this.#has(frame) ? '#5b6672' : '#20262c';
      context.fillRect(right, frame, 2, 1);
      if (right) context.fillStyle = warmth(times[frame] ?? 0);
      if (right) context.fillRect(0, frame, 2, 1);
    }
    context.fillStyle = '#3ddc97';
    for (const frame of this.#findings) context.fillRect(right, frame, 2, 1);
  }
}

/** From dark for an image never seen to amber for five seconds and more; half as bright at half a second. */
function warmth(ms: number): string {
  const share = Math.min(1, Math.log1p(ms / 50) / Math.log1p(100));
  return `rgb(${[242, 184, 75].map((part) => Math.round(18 + (part - 18) * share)).join(' ')})`;
}
