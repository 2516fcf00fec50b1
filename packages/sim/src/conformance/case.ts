/**
 * What every implementation of a port must do, as data: the same cases are run against the real and the simulated one, so that
 * what passes in simulation is not a property of the simulation alone.
 */
export interface ConformanceCase<C> {
  /** The claim. */
  readonly name: string
  /** Throws when the claim does not hold. */
  run(context: C): Promise<void>
}

/** Throws unless both are the same as JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${what}: ${is}, expected ${should}`)
}

/** Throws unless the call throws (or its promise rejects with) an error of this code. */
export async function failsWith(code: string, call: () => unknown): Promise<void> {
  let found: unknown = 'no error'
  try {
    await call()
  } catch (error) {
    found = (error as { code?: string }).code ?? String(error)
  }
  same(found, code, 'error code')
}

/** A promise and what settles it. */
export function signal<T = void>(): { promise: Promise<T>; give(value: T): void } {
  let give!: (value: T) => void
  const promise = new Promise<T>((resolve) => {
    give = resolve
  })
  return { promise, give }
}
