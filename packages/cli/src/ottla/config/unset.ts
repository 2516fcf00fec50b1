/** `ottla config unset`. */
export { runUnset as run } from './set.ts'
