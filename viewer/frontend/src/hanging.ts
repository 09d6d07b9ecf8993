/** Ready-made arrangements: three planes of a volume, and emission over anatomy. */
import type { Layout } from './grid';
import { type Content, spaceOf } from './pane';
import type { Series } from './payload';

export type Hanging = 'planes' | 'fusion' | 'fused-planes';

export type Hung = { readonly layout: Layout; readonly contents: readonly Content[] };

/** What an arrangement puts into which viewport; null when the series do not allow it. */
export function hung(hanging: Hanging, all: readonly Series[], active: string): Hung | null {
  const series = all.find(({ id }) => id === active) ?? all[0];
  if (!series) return null;
  if (hanging === 'planes')
    return series.mpr !== null ? null : { layout: '1+2', contents: planes(series.id) };
  const pair = fusible(all, series);
  if (!pair) return null;
  const [anatomy, emission] = [pair.anatomy.id, pair.emission.id];
  if (hanging === 'fused-planes') return { layout: '1+2', contents: planes(anatomy, emission) };
  return {
    layout: '2x2',
    contents: [
      { kind: 'plane', series: anatomy, plane: 'axial' },
      { kind: 'plane', series: emission, plane: 'axial' },
      { kind: 'plane', series: anatomy, plane: 'axial', over: emission },
      { kind: 'turning', series: emission },
    ],
  };
}

function planes(series: string, over?: string): Content[] {
  return (['axial', 'coronal', 'sagittal'] as const).map((plane) => ({ kind: 'plane', series, plane, over }));
}

/** An emission series and the CT or MR of the same frame of reference, the active one if it is one of them. */
export function fusible(
  all: readonly Series[],
  active: Series,
): { readonly anatomy: Series; readonly emission: Series } | null {
  const space = spaceOf(active);
  const usable = all.filter((series) => spaceOf(series) === space && series.mpr === null);
  const choose = (modalities: readonly string[]): Series | undefined => {
    const fitting = usable.filter(({ modality }) => modalities.includes(modality));
    return fitting.find(({ id }) => id === active.id) ?? fitting[0];
  };
  const [emission, anatomy] = [choose(['PT', 'NM']), choose(['CT', 'MR'])];
  return emission && anatomy ? { anatomy, emission } : null;
}
