/** What Python hands to the viewer: plain JSON, and nothing that could give a case away. */

export type Point2 = readonly [number, number];
export type Point3 = readonly [number, number, number];

/** How values become grey (PS3.3 C.11.2.1). LUT: `lut` spans center ± width / 2. */
export type VoiFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID' | 'LUT';

export type Window = {
  readonly name: string;
  readonly center: number;
  readonly width: number;
  /** LINEAR where it is not said. */
  readonly function?: VoiFunction;
  /** Grey levels 0 to 255, evenly spaced, as bytes in base64. */
  readonly lut?: string;
};

/** One series as the browser needs it. Index order is (frame, row, column), zero-based, voxel centres. */
export type Series = {
  readonly id: string;
  readonly label: string;
  readonly modality: string;
  /** Body Part Examined (0018,0015), lower case; empty where unknown. */
  readonly bodyPart: string;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly dtype: 'uint8' | 'int16' | 'uint16' | 'float32';
  readonly samples: 1 | 3;
  /** MONOCHROME1 shows low values bright: the viewer inverts, the values stay as they are. */
  readonly photometric: string;
  /** Unit of value × scale: "HU", "SUVbw", "Bq/mL", or "" when they have none. Windows are in this unit. */
  readonly unit: string;
  readonly scale: number;
  /** Opens with the grey scale turned over: emission images, where dark is much activity. */
  readonly inverted: boolean;
  /** Image Orientation (Patient): row direction, then column direction. */
  readonly orientation: readonly number[] | null;
  /** Image Position (Patient) of each frame, LPS in mm. */
  readonly positions: readonly Point3[] | null;
  /** Distance between rows, then between columns, in mm. */
  readonly spacing: Point2 | null;
  readonly spacingSource: 'patient' | 'detector' | 'estimated' | null;
  readonly thickness: number | null;
  /** Names the Frame of Reference (0020,0052): series with the same one share patient positions; null: unknown. */
  readonly frameOfReference: string | null;
  /** Patient Orientation (0020,0020) of a projection: where rows and columns point. */
  readonly patientOrientation: readonly [string, string] | null;
  readonly frameTimeMs: number | null;
  /** Display Shutter: first and last column, first and last row that are shown. PS3.3 C.7.6.11. */
  readonly shutter: readonly [number, number, number, number] | null;
  readonly startFrame: number;
  readonly window: Window;
  readonly presets: readonly Window[];
  /** Why the series cannot be reformatted in other planes; null where it can. */
  readonly mpr: string | null;
  /** Faults of geometry or calibration that the reader must see. */
  readonly notes: readonly string[];
  /** Address of frames a to b (b excluded); `{a}` and `{b}` are filled in. */
  readonly url: string;
  /** Whether its frames travel packed; they are 16-bit grey then. */
  readonly packed: boolean;
};

/** A point that the learner placed: in the patient (LPS mm), or on one frame (column, row). */
export type Mark =
  | { readonly space: 'patient'; readonly series: string; readonly point: Point3 }
  | { readonly space: 'image'; readonly series: string; readonly frame: number; readonly point: Point2 };

export type Outline = {
  readonly series: string;
  readonly frame: number;
  readonly points: readonly Point2[];
  readonly label: string;
  readonly kind: 'consensus' | 'reader';
  /** False for a line or a point that encloses nothing. */
  readonly closed?: boolean;
};

/** Asks the viewer to show a place; obeyed once per `nonce`. */
export type Jump = {
  readonly nonce: string;
  readonly series: string;
  readonly frame: number;
  readonly window: Window | null;
  readonly point: Point2 | null;
  readonly presented: Presented | null;
};

/** What is known of the images and may be told. */
export type Findings = Pick<Payload, 'outlines' | 'keyImages' | 'seen'>;

/** An image that somebody has selected; `frame` is zero-based. */
export type KeyImage = { readonly series: string; readonly frame: number };

/** How a presentation state shows an image: turned by so many degrees clockwise, then mirrored left to right. */
export type Presented = {
  /** Null where it does not say. */
  readonly inverted: boolean | null;
  readonly rotation: number;
  readonly flipped: boolean;
};

/** What a learner drew and measured, with its value; points as those of a mark. */
export type Annotation = {
  readonly id: string;
  readonly kind: 'length' | 'angle' | 'cobb' | 'ellipse' | 'freehand' | 'probe' | 'arrow';
  readonly series: string;
  readonly space: 'patient' | 'image';
  /** The frame that it was drawn on; only for image space. */
  readonly frame?: number;
  /** LPS in mm, or (column, row). */
  readonly points: readonly (Point2 | Point3)[];
  /** Length, angle, mean of a region, value of a probe; null where it has none. */
  readonly value: number | null;
  readonly unit: string;
  /** What stands beside an arrow. */
  readonly text?: string;
  /** Of the pixels within a region, in its series' unit. */
  readonly statistics?: Statistics;
};

export type Statistics = {
  readonly pixels: number;
  /** Null where a pixel has several values (colour). */
  readonly mean: number | null;
  readonly sd: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly area: number;
  readonly areaUnit: 'mm²' | 'px²';
};

/** A reading as it was recorded. */
export type Recording = {
  /** Start and duration in ms, viewport, series, frame, window centre and width; in the order of their starts. */
  readonly runs: readonly (readonly [number, number, number, string, number, number, number])[];
  /** When which marks were on the images. */
  readonly marks: readonly (readonly [number, readonly Mark[]])[];
  readonly duration: number;
};

export type Payload = {
  /** Changes when another case or attempt is opened. */
  readonly key: string;
  /** Whether Streamlit has yet to say what is asked and answered. */
  readonly early?: boolean;
  /** The case: what a layout is remembered for. */
  readonly case: string;
  readonly series: readonly Series[];
  /** Why there is nothing to show; the series list is then empty. */
  readonly error: string | null;
  /** How many marks may be placed now; true is one. */
  readonly marking: boolean | number;
  /** Marks that are committed. */
  readonly marks: readonly Mark[];
  /** What was drawn before, as it was sent. */
  readonly annotations: readonly Annotation[];
  /** Only after the learner has committed. */
  readonly outlines: readonly Outline[];
  /** Images that a key object selection names; like outlines, after committing only. */
  readonly keyImages: readonly KeyImage[];
  readonly jump: Jump | null;
  /** Where the log of what is on screen goes; null when nothing is to be recorded. */
  readonly log: string | null;
  /** For how long each image of a series was on screen, in ms; only after the learner has committed. */
  readonly seen: Readonly<Record<string, readonly number[]>>;
  /** A reading to be shown again; only after the learner has committed. */
  readonly replay: Recording | null;
  /** A reading in several browsers at once; null or absent for one alone. */
  readonly together?: Invitation | null;
  /** Keys of the page around the viewer. */
  readonly keys?: readonly PageKey[];
};

/** What the document of the read page says before Streamlit runs. */
export type Opening = Pick<Payload, 'case' | 'series'>;

/** Where to join others, and the code that they join by. */
export type Invitation = { readonly url: string; readonly code: string };

/** A key that presses a button of the page, or goes to a field of it. */
export type PageKey = { readonly key: string; readonly says: string; readonly target: string };

export type ViewerState = { marks: readonly Mark[]; annotations: readonly Annotation[] };
