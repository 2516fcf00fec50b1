/**
 * Assertions of invariants. They are always on: a broken invariant stops the process (or the simulated node),
 * because going on with a broken state would turn one error into lost data.
 */

/** Thrown when an invariant does not hold. Never caught to go on; see DESIGN of errors in ARCHITECTURE.md. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Throws {@link AssertionError} unless `condition` is true. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** Marks a branch that the types say is never taken. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}
