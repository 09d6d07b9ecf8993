/**
 * The viewer before Streamlit is there: the document says which images a case opens with (pages/opening.py), and they
 * are shown and can be read while the page is still loading. The component then takes the viewer over as it is.
 */
import { type Mounted, Opened } from './opened';
import type { Opening, Payload } from './payload';
import { letPageMove } from './still';
import { recall } from './storage';
import style from './style.css?inline';
import type { Told } from './viewer';

const UNTOLD: Told = { marks: () => {}, annotations: () => {} };
const CHECKED_MS = 300;
const CHECKS = 3;
const NOTHING = {
  early: true,
  error: null,
  marking: 0,
  marks: [],
  annotations: [],
  outlines: [],
  keyImages: [],
  jump: null,
  log: null,
  seen: {},
  replay: null,
} as const;

let early: Opened | null = null;

/** Opens what the document says, if it says anything; once, when the module is loaded. */
export function openEarly(): void {
  const text = document.getElementById('readout-opening')?.textContent;
  if (!text) return;
  const opening = JSON.parse(text) as Opening;
  const key = recall<string>('attempt', opening.case) ?? '';
  // An attempt that has come to a later stage shows more images than these.
  if (key && !key.endsWith(`-${opening.series.length}`)) return;
  ensureStyle();
  const root: Mounted = document.createElement('div');
  root.className = 'rv rv-early';
  document.body.append(root);
  early = root.readout = new Opened(root, { ...NOTHING, ...opening, key }, UNTOLD);
  leaveWhenUnwanted();
}

/** Puts the early viewer where the page has its place for one; null where it shows something else. */
export function takeOver(place: HTMLElement, payload: Payload, told: Told): Opened | null {
  const opened = early;
  if (!opened) return null;
  if (!fits(opened.payload, payload)) {
    leave();
    return null;
  }
  early = null;
  opened.root.classList.remove('rv-early');
  place.replaceWith(opened.root);
  opened.join(payload, told);
  letPageMove();
  return opened;
}

function fits(shown: Payload, payload: Payload): boolean {
  const images = ({ series }: Payload) => series.map(({ id, url }) => `${id} ${url.split('?')[0]}`).join();
  const known = shown.key === '' || shown.key === payload.key;
  return known && !payload.error && shown.case === payload.case && images(shown) === images(payload);
}

/** A page that has been drawn and has no viewer (a paused session) does not want this one either. */
function leaveWhenUnwanted(): void {
  let checks = 0;
  const timer = setInterval(() => {
    const drawn = document.querySelector('[data-test-script-state="notRunning"]');
    const wanted = document.querySelector('.st-key-viewer');
    // Between two runs of the page there may be none for a moment.
    checks = early && drawn && !wanted ? checks + 1 : 0;
    if (early && (!drawn || (!wanted && checks < CHECKS))) return;
    clearInterval(timer);
    if (!wanted) leave();
  }, CHECKED_MS);
}

function leave(): void {
  early?.destroy();
  early?.root.remove();
  early = null;
  letPageMove();
}

/** Puts the viewer's style in the page, once. */
export function ensureStyle(): void {
  if (document.getElementById('rv-style')) return;
  const element = document.createElement('style');
  element.id = 'rv-style';
  element.textContent = style;
  document.head.append(element);
}
