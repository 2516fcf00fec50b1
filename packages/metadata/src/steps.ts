/**
 * Long work in steps: it yields where it may pause, so that whoever runs it can let others go on before the next step. What is worked on does
 * not change meanwhile, and nobody sees anything of it before it is done.
 */
export type Steps<T> = Generator<undefined, T, undefined>

/** Partitions, or records, of one step: some milliseconds even in code that runs for the first time. */
export const ITEMS_PER_STEP = 500

/** Does all of it without a pause. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
  }
}
