// Runs before the page's own scripts. Tells when the picture on the page changes, by reading it back.
//
// After every animation frame (in a message task, so behind the frame's own callbacks) one pixel at each of
// 32 × 32 places over the central half of the largest canvas or img is read and hashed; another hash is a
// change. Reading back costs every page a few milliseconds a frame and forces the drawing to be finished.
(() => {
  const SIDE = 32;
  const LEAST_CSS = 256;
  const LEAST_GREYS = 16;
  const INPUTS = ['wheel', 'keydown', 'pointermove'];

  const getContext = HTMLCanvasElement.prototype.getContext;
  // WebGL empties a canvas on the page once it has been shown; it must be kept to be read.
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    const kept = this.isConnected && kind.startsWith('webgl') ? { ...options, preserveDrawingBuffer: true } : options;
    return getContext.call(this, kind, kept);
  };

  const grid = document.createElement('canvas');
  grid.width = grid.height = SIDE;
  const pen = getContext.call(grid, '2d', { willReadFrequently: true });
  pen.imageSmoothingEnabled = false;

  const size = (e) => (e instanceof HTMLImageElement ? [e.naturalWidth, e.naturalHeight] : [e.width, e.height]);
  const whole = (e) => e.isConnected && size(e)[0] > 0 && (e.complete ?? true);

  function largest() {
    let found = null;
    let area = 0;
    for (const element of document.querySelectorAll('canvas, img')) {
      const { width, height } = element.getBoundingClientRect();
      if (Math.min(width, height) < LEAST_CSS || width * height <= area || !whole(element)) continue;
      found = element;
      area = width * height;
    }
    return found;
  }

  function pixels(element) {
    const [width, height] = size(element);
    pen.clearRect(0, 0, SIDE, SIDE);
    pen.drawImage(element, width / 4, height / 4, width / 2, height / 2, 0, 0, SIDE, SIDE);
    return new Uint32Array(pen.getImageData(0, 0, SIDE, SIDE).data.buffer);
  }

  const digest = (values) => values.reduce((sum, value) => Math.imul(sum, 31) + value | 0, 7);

  /** A picture has many greys and none that fills half of it: no blank, no spinner, no line of text. */
  function isPicture(values) {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts.size >= LEAST_GREYS && Math.max(...counts.values()) <= values.length / 2;
  }

  const probe = { first: null, last: 0, element: null, input: null, changes: [] };
  window.readoutProbe = probe;
  /** Begins a measurement: `input` is its first event's and `changes` every change's time, ms since navigation. */
  probe.clear = () => {
    probe.input = null;
    probe.changes = [];
  };
  /** From the first input to the first change after it; null when nothing has changed for so many ms. */
  probe.latency = async (patience) => {
    const until = performance.now() + patience;
    while (performance.now() < until) {
      const change = probe.changes.find((time) => probe.input !== null && time > probe.input);
      if (change !== undefined) return change - probe.input;
      await new Promise(requestAnimationFrame);
    }
    return null;
  };
  /** Where the picture stands; null while its page puts another in its place. */
  probe.box = () => {
    if (!probe.element?.isConnected) return null;
    const { x, y, width, height } = probe.element.getBoundingClientRect();
    return { x, y, width, height };
  };

  function look() {
    if (probe.first === null || !probe.element.isConnected) probe.element = largest();
    if (!probe.element || !whole(probe.element)) return;
    const values = pixels(probe.element);
    const now = performance.now();
    if (probe.first === null) {
      if (!isPicture(values)) return;
      probe.first = now;
    } else if (digest(values) !== probe.last) {
      probe.changes.push(now);
    }
    probe.last = digest(values);
  }

  const after = new MessageChannel();
  after.port1.onmessage = look;
  performance.setResourceTimingBufferSize(2000);
  const frame = () => {
    after.port2.postMessage(null);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  for (const kind of INPUTS) {
    const note = (event) => {
      probe.input ??= event.timeStamp;
    };
    window.addEventListener(kind, note, { capture: true, passive: true });
  }
})();
