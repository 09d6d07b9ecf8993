/** Mounts the viewer in its Streamlit component; a rerun with the same case keeps it as it is. */
import type { FrontendRenderer } from '@streamlit/component-v2-lib';
import { ensureStyle, openEarly, takeOver } from './early';
import { type Mounted, Opened } from './opened';
import type { Payload, ViewerState } from './payload';

const RESTED_MS = 300;

const mount: FrontendRenderer<ViewerState, Payload> = ({ data, parentElement, setStateValue }) => {
  const place = parentElement.querySelector<Mounted>('.rv');
  if (!place) return () => {};
  ensureStyle();
  if (place.readout?.payload.key === data.key) {
    place.readout.update(data);
    return () => leave(place);
  }
  place.readout?.destroy();
  const told = {
    marks: (marks: ViewerState['marks']) => setStateValue('marks', marks),
    annotations: later((annotations: ViewerState['annotations']) =>
      setStateValue('annotations', annotations),
    ),
  };
  const opened = takeOver(place, data, told) ?? new Opened(place, data, told);
  const root: Mounted = opened.root;
  root.readout = opened;
  return () => leave(root);
};

function leave(root: Mounted): void {
  root.readout?.destroy();
  delete root.readout;
}

/** Tells only the last of what comes in quick succession: every telling runs the page's script. */
function later<T>(tell: (value: T) => void): (value: T) => void {
  let timer = 0;
  return (value) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => tell(value), RESTED_MS);
  };
}

openEarly();

export default mount;
