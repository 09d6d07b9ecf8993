/**
 * The ranked differential: type, choose, reorder. The vocabulary stays on the server, which answers a search
 * with a few names; the whole list would hold the answer.
 */
import type { FrontendRenderer } from '@streamlit/component-v2-lib';
import { Picker, type PickerPayload, type Ranked } from './ranking';

type Mounted = HTMLElement & { readout?: { key: string; picker: Picker } };

const mount: FrontendRenderer<{ ranked: readonly Ranked[] }, PickerPayload> = (component) => {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector<Mounted>('.rp');
  if (!root) return () => {};
  if (root.readout?.key !== data.key) {
    root.readout = {
      key: data.key,
      picker: new Picker(root, data, (ranked) => setStateValue('ranked', ranked)),
    };
  }
  return () => {
    delete root.readout;
  };
};

export default mount;
