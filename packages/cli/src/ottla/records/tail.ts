/** `ottla tail`. */
export { runTail as run } from './consume.ts'
