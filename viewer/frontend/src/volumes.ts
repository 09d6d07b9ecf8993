/** What is loaded when a volume is first asked for. */
export { PlanePane } from './planes';
export { TurningPane } from './turning';
