import { expect, test } from 'vitest';
import { actionOf, BINDINGS, keyName } from './keys';

const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

test('no key has two meanings', () => {
  const keys = BINDINGS.flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

test('every bound key finds its action as a keyboard sends it', () => {
  for (const { keys, action } of BINDINGS) {
    for (const name of keys) {
      const parts = name.split('+');
      const key = parts.at(-1) ?? '';
      const shiftKey = parts.includes('Shift') || key === '?';
      const sent = shiftKey && key.length === 1 ? key.toUpperCase() : key;
      const stroke = {
        ...plain,
        key: sent,
        shiftKey,
        ctrlKey: parts.includes('Control'),
        metaKey: parts.includes('Meta'),
      };
      expect(actionOf(stroke), name).toEqual(action);
    }
  }
});

test('caps lock does not change a letter, Shift and Ctrl do', () => {
  expect(actionOf({ ...plain, key: 'H' })).toEqual({ do: 'tool', tool: 'probe' });
  expect(actionOf({ ...plain, key: 'H', shiftKey: true })).toEqual({ do: 'flip', axis: 0 });
  expect(actionOf({ ...plain, key: 'r', ctrlKey: true })).toBeUndefined();
  expect(actionOf({ ...plain, key: 'f', altKey: true })).toBeUndefined();
});

test('a key is written as people read it', () => {
  expect([' ', 'Shift+ArrowUp', 'Control+z', 'k'].map(keyName)).toEqual(['Space', 'Shift ↑', 'Ctrl Z', 'K']);
});
