/** From points on a sheet to an annotation with its value, and from an annotation to what is written beside it. */
import {
  amount,
  angleAt,
  areaOf,
  caution,
  cobbAngle,
  distance,
  ellipseArea,
  ellipsePolygon,
  lengthUnit,
  metric,
  statisticsOf,
} from './measure';
import { type Pane, spaceOf } from './pane';
import type { Annotation, Point2, Point3, Series, Statistics } from './payload';
import { drop, lift, type Sheet } from './sheet';

export type Kind = Annotation['kind'];

/** How many points a finished annotation has; a freehand region has as many as were drawn. */
export const POINTS: Record<Kind, number> = {
  length: 2,
  angle: 3,
  cobb: 4,
  ellipse: 4,
  freehand: Number.POSITIVE_INFINITY,
  probe: 1,
  arrow: 2,
};

type Value = Pick<Annotation, 'value' | 'unit'> & { readonly statistics?: Statistics };

/** An annotation by its points (u, v) on the sheet that a pane shows. */
export function annotate(
  pane: Pane,
  sheet: Sheet,
  points: readonly Point2[],
  about: { id: string; kind: Kind; text?: string | undefined },
): Annotation {
  const { place } = sheet;
  const shared = { ...about, series: pane.series.id, ...worth(pane, sheet, about.kind, points) } as const;
  if (place)
    return { ...shared, space: 'patient', points: points.map((point) => lift(place, point)) } as Annotation;
  return { ...shared, space: 'image', frame: pane.frame, points } as Annotation;
}

function worth(pane: Pane, sheet: Sheet, kind: Kind, points: readonly Point2[]): Value {
  const placed = points.map((point) => metric(sheet, point));
  const [a, b, c, d] = placed as [Point2, Point2, Point2, Point2];
  switch (kind) {
    case 'length':
      return { value: distance(a, b), unit: lengthUnit(sheet) };
    case 'angle':
      return { value: angleAt(b, a, c), unit: '°' };
    case 'cobb':
      return { value: cobbAngle(a, b, c, d), unit: '°' };
    case 'probe':
      return { value: pane.value(points[0]!), unit: pane.series.unit };
    case 'arrow':
      return { value: null, unit: '' };
    case 'ellipse':
      return region(pane, sheet, ellipsePolygon(points), ellipseArea(placed));
    case 'freehand':
      return region(pane, sheet, points, areaOf(placed));
  }
}

function region(pane: Pane, sheet: Sheet, polygon: readonly Point2[], area: number): Value {
  const statistics = statisticsOf(sheet, polygon, pane.grain, (at) => pane.value(at), area);
  return { value: statistics.mean, unit: pane.series.unit, statistics };
}

/** Where the points of an annotation lie on a sheet, and how far above it (mm); null when it belongs elsewhere. */
export function placed(
  pane: Pane,
  { place }: Sheet,
  annotation: Annotation,
  spaces: ReadonlyMap<string, string>,
): { points: Point2[]; above: number[] } | null {
  if (annotation.space === 'image') {
    const here = annotation.series === pane.series.id && pane.content.kind === 'stack';
    if (!here || annotation.frame !== pane.frame) return null;
    return { points: annotation.points as Point2[], above: annotation.points.map(() => 0) };
  }
  if (!place || spaces.get(annotation.series) !== spaceOf(pane.series)) return null;
  const dropped = (annotation.points as Point3[]).map((point) => drop(place, point));
  return { points: dropped.map(({ at }) => at), above: dropped.map(({ above }) => above) };
}

/** What is written beside an annotation, line by line. */
export function wording(annotation: Annotation, series: Series | undefined): string[] {
  const { kind, value, unit, statistics, text } = annotation;
  const where = series ? caution(series) : '';
  const written = (found: number): string => amount({ unit }, found);
  switch (kind) {
    case 'length':
      return [`${value!.toFixed(1)} ${unit}${unit === 'mm' ? where : ''}`];
    case 'angle':
    case 'cobb':
      return [`${value!.toFixed(1)}°${kind === 'cobb' ? ' Cobb' : ''}`];
    case 'probe':
      return [value === null ? 'no single value' : `${written(value)} ${unit}`.trim()];
    case 'arrow':
      return text ? text.split('\n') : [];
    case 'ellipse':
    case 'freehand':
      return statistics ? regionWording(statistics, unit, where, written) : [];
  }
}

function regionWording(
  { mean, sd, min, max, area, areaUnit, pixels }: Statistics,
  unit: string,
  where: string,
  written: (value: number) => string,
): string[] {
  const size = `${area >= 100 ? Math.round(area) : area.toFixed(1)} ${areaUnit}${areaUnit === 'mm²' ? where : ''}`;
  const last = `${size}, ${pixels} pixels`;
  if (mean === null || sd === null || min === null || max === null) return [last];
  const ends = `${written(min)} to ${written(max)}`;
  // The word that reports use for the hottest voxel.
  const extremes = unit === 'SUVbw' ? `SUVmax ${written(max)}, min ${written(min)}` : ends;
  return [`${written(mean)} ± ${written(sd)} ${unit}`.trim(), extremes, last];
}
