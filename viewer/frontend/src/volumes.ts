/** What is loaded when a volume is first asked for. */
export { PlanePane } from './planes';
export { RenderedPane } from './rendering';
export { TurningPane } from './turning';
