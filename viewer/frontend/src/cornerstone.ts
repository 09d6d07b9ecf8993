/** Teaches Cornerstone3D our series: an image loader and a metadata provider over streamed frames. */
import { cache, Enums, imageLoader, init, metaData, type Types, utilities } from '@cornerstonejs/core';
import { getRenderingCapabilities } from '@cornerstonejs/core/utilities/renderingCapabilities';
import type { FrameStream, Values } from './frames';
import type { Series, Window } from './payload';
import { greyCurve, voiRange } from './values';

const SCHEME = 'readout';
/** All frames of a 1,500-slice CT; Cornerstone holds views of the stream's own arrays, not copies. */
const CACHE_BYTES = 3 * 2 ** 30;

type Entry = { series: Series; stream: FrameStream };
const open = new Map<string, Entry>();
let started = false;

/** Starts Cornerstone once, and says whether a real graphics processor draws. */
export function startCornerstone(): { graphicsProcessor: boolean } {
  if (!started) {
    init({ rendering: { webGlContextCount: 1 } } as Parameters<typeof init>[0]);
    metaData.addProvider(describe, 10_000);
    imageLoader.registerImageLoader(SCHEME, load);
    cache.setMaxCacheSize(CACHE_BYTES);
    started = true;
  }
  const { webgl, softwareRasterizer } = getRenderingCapabilities();
  return { graphicsProcessor: Boolean(webgl) && !softwareRasterizer };
}

/** Registers a series under a key and gives the image ids of its frames. */
export function registerSeries(key: string, series: Series, stream: FrameStream): string[] {
  open.set(key, { series, stream });
  return Array.from({ length: series.frames }, (_, frame) => `${SCHEME}:${key}:${frame}`);
}

export function forgetSeries(key: string, imageIds: readonly string[]): void {
  for (const id of imageIds)
    if (cache.getImageLoadObject(id)) cache.removeImageLoadObject(id, { force: true });
  open.delete(key);
}

export type Presentation = {
  voiRange: { lower: number; upper: number };
  invert: boolean;
  /** Undefined takes an earlier one away. */
  colormap: { name: string } | undefined;
};

const curves = new Map<string, string>();

/**
 * How Cornerstone is told to draw a window. A straight one is its range; a curved one is a grey colour map over
 * its range, as both of Cornerstone's drawing paths know them. The canvas path inverts before it looks a colour
 * up, so an inverted curve is a map of its own; and it samples its 256 colours at n / 256 of the range.
 */
export function presentationOf(
  series: Series,
  window: Window,
  { invert, software }: { invert: boolean; software: boolean },
): Presentation {
  const range = voiRange(series, window);
  const curve = greyCurve(window);
  if (!curve) return { voiRange: range, invert, colormap: undefined };
  const upper = software ? range.lower + ((range.upper - range.lower) * 255) / 256 : range.upper;
  return {
    voiRange: { lower: range.lower, upper },
    invert: false,
    colormap: { name: colormapOf(`${invert}${window.function}${window.lut ?? ''}`, curve, invert) },
  };
}

function colormapOf(key: string, curve: readonly number[], invert: boolean): string {
  const known = curves.get(key);
  if (known) return known;
  const name = `readout-voi-${curves.size}`;
  const points = curve.flatMap((level, step) => {
    const grey = invert ? 1 - level : level;
    return [step / (curve.length - 1), grey, grey, grey];
  });
  utilities.colormap.registerColormap({ Name: name, name, ColorSpace: 'RGB', RGBPoints: points });
  curves.set(key, name);
  return name;
}

function find(imageId: string): { entry: Entry; frame: number } | undefined {
  const [scheme, key, frame] = imageId.split(':');
  const entry = scheme === SCHEME && key ? open.get(key) : undefined;
  return entry && { entry, frame: Number(frame) };
}

/**
 * Geometry, pixel description and window of one frame.
 *
 * A series without patient geometry gets a plain grid (unit spacing where unknown) for drawing only:
 * marks and measures never go through it, see geometry.ts.
 */
function describe(type: string, imageId: unknown): unknown {
  const found = typeof imageId === 'string' ? find(imageId) : undefined;
  if (!found) return undefined;
  const { series } = found.entry;
  switch (type) {
    case Enums.MetadataModules.IMAGE_PLANE:
      return plane(series, found.frame);
    case Enums.MetadataModules.IMAGE_PIXEL:
      return pixels(series);
    case Enums.MetadataModules.GENERAL_SERIES:
      return { modality: series.modality, seriesInstanceUID: series.id, studyInstanceUID: series.id };
    case Enums.MetadataModules.VOI_LUT:
      return { windowCenter: [sent(series).center], windowWidth: [sent(series).width] };
    case Enums.MetadataModules.MODALITY_LUT:
      return { rescaleSlope: 1, rescaleIntercept: 0 };
    default:
      return undefined;
  }
}

/** The opening window in values as sent. */
function sent({ window, scale }: Series): { center: number; width: number } {
  return { center: window.center / scale, width: window.width / scale };
}

function plane(series: Series, frame: number) {
  const o = series.orientation ?? [1, 0, 0, 0, 1, 0];
  const [rowSpacing, columnSpacing] = series.spacing ?? [1, 1];
  return {
    frameOfReferenceUID: series.id,
    rows: series.rows,
    columns: series.columns,
    imageOrientationPatient: [...o],
    rowCosines: o.slice(0, 3),
    columnCosines: o.slice(3, 6),
    imagePositionPatient: [...(series.positions?.[frame] ?? [0, 0, frame])],
    pixelSpacing: [rowSpacing, columnSpacing],
    rowPixelSpacing: rowSpacing,
    columnPixelSpacing: columnSpacing,
    sliceThickness: series.thickness ?? 1,
  };
}

function pixels({ rows, columns, samples, dtype }: Series) {
  const bits = { uint8: 8, int16: 16, uint16: 16, float32: 32 }[dtype];
  return {
    samplesPerPixel: samples,
    photometricInterpretation: samples === 3 ? 'RGB' : 'MONOCHROME2',
    rows,
    columns,
    bitsAllocated: bits,
    bitsStored: bits,
    highBit: bits - 1,
    pixelRepresentation: dtype === 'int16' ? 1 : 0,
  };
}

function load(imageId: string): { promise: Promise<Types.IImage> } {
  const found = find(imageId);
  if (!found) return { promise: Promise.reject(new Error(`unknown image ${imageId}`)) };
  const { series, stream } = found.entry;
  return { promise: stream.get(found.frame).then((values) => image(imageId, series, values)) };
}

function image(imageId: string, series: Series, values: Values): Types.IImage {
  const { rows, columns, samples } = series;
  const color = samples === 3;
  const shown = color ? withAlpha(values) : values;
  const [lowest, highest] = range(values);
  const voxelManager = utilities.VoxelManager.createImageVoxelManager({
    width: columns,
    height: rows,
    numberOfComponents: color ? 4 : 1,
    scalarData: shown as Types.PixelDataTypedArray,
  });
  return {
    imageId,
    minPixelValue: lowest,
    maxPixelValue: highest,
    slope: 1,
    intercept: 0,
    windowCenter: sent(series).center,
    windowWidth: sent(series).width,
    voiLUTFunction: Enums.VOILUTFunctionType.LINEAR,
    rows,
    columns,
    height: rows,
    width: columns,
    color,
    rgba: color,
    numberOfComponents: color ? 4 : 1,
    rowPixelSpacing: series.spacing?.[0] ?? 1,
    columnPixelSpacing: series.spacing?.[1] ?? 1,
    invert: false,
    sizeInBytes: shown.byteLength,
    dataType: shown.constructor.name as Types.PixelDataTypedArrayString,
    photometricInterpretation: color ? 'RGB' : 'MONOCHROME2',
    getPixelData: () => shown as Types.PixelDataTypedArray,
    getCanvas: () => {
      throw new Error('an image of values has no canvas');
    },
    voxelManager,
    imageFrame: { pixelData: shown, photometricInterpretation: color ? 'RGB' : 'MONOCHROME2' },
  } as unknown as Types.IImage;
}

function withAlpha(rgb: Values): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from]!;
    rgba[to + 1] = rgb[from + 1]!;
    rgba[to + 2] = rgb[from + 2]!;
  }
  return rgba;
}

function range(values: Values): [number, number] {
  let lowest = values[0] ?? 0;
  let highest = lowest;
  for (let k = 1; k < values.length; k++) {
    const value = values[k]!;
    if (value < lowest) lowest = value;
    else if (value > highest) highest = value;
  }
  return [lowest, highest];
}
