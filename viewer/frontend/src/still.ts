/** Streamlit's animations may run again (see document.py); not before a viewer that came early has its place. */
export function letPageMove(): void {
  if (!document.querySelector('.rv-early')) document.getElementById('readout-still')?.remove();
}
