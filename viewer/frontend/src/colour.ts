/** From values to colours on the screen: grey through a window, and a colour map laid over it. */

export type MapName = 'hot' | 'rainbow' | 'green';

type Stop = readonly [share: number, red: number, green: number, blue: number];

const STOPS: Record<MapName, readonly Stop[]> = {
  hot: [
    [0, 0, 0, 0],
    [0.37, 230, 0, 0],
    [0.74, 255, 210, 0],
    [1, 255, 255, 255],
  ],
  rainbow: [
    [0, 0, 0, 0],
    [0.2, 60, 0, 160],
    [0.4, 0, 110, 255],
    [0.6, 0, 220, 90],
    [0.8, 255, 230, 0],
    [1, 255, 30, 0],
  ],
  green: [
    [0, 0, 0, 0],
    [1, 60, 255, 120],
  ],
};

/** 256 colours of a map, as red, green and blue. */
export function colours(name: MapName): Uint8Array {
  const stops = STOPS[name];
  const found = new Uint8Array(256 * 3);
  for (let n = 0; n < 256; n++) {
    const share = n / 255;
    const upper = Math.max(
      1,
      stops.findIndex(([at]) => at >= share),
    );
    const [from, to] = [stops[upper - 1]!, stops[upper]!];
    const part = (share - from[0]) / (to[0] - from[0]);
    for (const channel of [1, 2, 3] as const) {
      found[3 * n + channel - 1] = Math.round(from[channel] + (to[channel] - from[channel]) * part);
    }
  }
  return found;
}

/** Values black and white (as sent), the curve between them (null: straight), and whether the scale is turned over. */
export type Greys = {
  readonly lower: number;
  readonly upper: number;
  readonly curve: readonly number[] | null;
  readonly inverted: boolean;
};

/** Paints values as grey; black where there are none. */
export function paintGrey(
  values: Float32Array,
  { lower, upper, curve, inverted }: Greys,
  out: Uint32Array,
): void {
  const scale = 255 / (upper - lower || 1);
  const flip = inverted ? 255 : 0;
  const table = curve && Uint8Array.from({ length: 256 }, (_, n) => curveAt(curve, n / 255));
  for (let n = 0; n < values.length; n++) {
    const level = (values[n]! - lower) * scale;
    // NaN is neither above nor below: nothing is there, and nothing is what is painted.
    if (Number.isNaN(level)) {
      out[n] = 0xff000000;
      continue;
    }
    const share = level <= 0 ? 0 : level >= 255 ? 255 : (level + 0.5) | 0;
    const grey = (table ? table[share]! : share) ^ flip;
    out[n] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
}

function curveAt(curve: readonly number[], share: number): number {
  return Math.round(255 * curve[Math.round(share * (curve.length - 1))]!);
}

/** Lays values over a painted picture: the more there is, the less shines through. */
export function paintOver(
  values: Float32Array,
  { lower, upper }: Greys,
  map: Uint8Array,
  opacity: number,
  out: Uint32Array,
): void {
  const scale = 255 / (upper - lower || 1);
  const cover = Float32Array.from({ length: 256 }, (_, n) => opacity * Math.min(1, n / 48));
  for (let n = 0; n < values.length; n++) {
    const level = (values[n]! - lower) * scale;
    if (!(level > 0)) continue;
    const share = level >= 255 ? 255 : level | 0;
    const above = cover[share]!;
    const below = out[n]!;
    const red = (below & 255) * (1 - above) + map[3 * share]! * above;
    const green = ((below >> 8) & 255) * (1 - above) + map[3 * share + 1]! * above;
    const blue = ((below >> 16) & 255) * (1 - above) + map[3 * share + 2]! * above;
    out[n] = 0xff000000 | ((blue | 0) << 16) | ((green | 0) << 8) | (red | 0);
  }
}
