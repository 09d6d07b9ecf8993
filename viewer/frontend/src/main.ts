/** Mounts the viewer in its Streamlit component; a rerun with the same case keeps it as it is. */
import type { FrontendRenderer } from '@streamlit/component-v2-lib';
import type { Payload, ViewerState } from './payload';
import style from './style.css?inline';
import { Viewer } from './viewer';

type Mounted = HTMLElement & { readout?: { key: string; viewer: Viewer } };

const RESTED_MS = 300;

const mount: FrontendRenderer<ViewerState, Payload> = ({ data, parentElement, setStateValue }) => {
  const root = parentElement.querySelector<Mounted>('.rv');
  if (!root) return () => {};
  ensureStyle();
  if (root.readout?.key === data.key) {
    root.readout.viewer.update(data);
  } else {
    root.readout?.viewer.destroy();
    root.readout = {
      key: data.key,
      viewer: new Viewer(root, data, {
        marks: (marks) => setStateValue('marks', marks),
        annotations: later((annotations) => setStateValue('annotations', annotations)),
      }),
    };
  }
  return () => {
    root.readout?.viewer.destroy();
    delete root.readout;
  };
};

/** Tells only the last of what comes in quick succession: every telling runs the page's script. */
function later<T>(tell: (value: T) => void): (value: T) => void {
  let timer = 0;
  return (value) => {
    clearTimeout(timer);
    timer = window.setTimeout(() => tell(value), RESTED_MS);
  };
}

function ensureStyle(): void {
  if (document.getElementById('rv-style')) return;
  const element = document.createElement('style');
  element.id = 'rv-style';
  element.textContent = style;
  document.head.append(element);
}

export default mount;
