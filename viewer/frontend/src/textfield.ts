/** A line of text typed on the image, at the tail of an arrow. */
import type { Point2 } from './payload';

const MOST = 80;

/** Asks for a text; Enter or leaving takes it, Escape leaves it empty. */
export function askText(cell: HTMLElement, [x, y]: Point2, take: (text: string) => void): void {
  const field = document.createElement('input');
  field.className = 'rv-text';
  field.type = 'text';
  field.maxLength = MOST;
  field.placeholder = 'Text, then Enter';
  field.setAttribute('aria-label', 'Text of the arrow');
  field.style.left = `clamp(4px, ${x}px, calc(100% - 170px))`;
  field.style.top = `clamp(4px, ${y + 6}px, calc(100% - 34px))`;
  let taken = false;
  const end = (text: string): void => {
    if (taken) return;
    taken = true;
    field.remove();
    take(text.trim());
  };
  field.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Enter') end(field.value);
    if (event.key === 'Escape') end('');
  });
  field.addEventListener('blur', () => end(field.value));
  cell.append(field);
  field.focus();
}
