import type { LogState } from '../log-state.ts'

/** Looks again when segments were replaced meanwhile: what was found may be of a file and of indexes that do not belong together. */
export async function undisturbed<T>(state: LogState, look: () => Promise<T>): Promise<T> {
  for (;;) {
    const { swaps } = state
    try {
      const found = await look()
      if (swaps === state.swaps) return found
    } catch (error) {
      if (swaps === state.swaps) throw error
    }
  }
}
