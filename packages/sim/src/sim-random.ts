import { type Random, uuidFromRandomBytes } from '@ottla/env'
import type { Prng } from '@ottla/stdx'

/** Random values from the seed. */
export function simRandom(prng: Prng): Random {
  return {
    bytes: (count) => prng.bytes(count),
    below: (bound) => prng.below(bound),
    uuid: () => {
      for (;;) {
        const uuid = uuidFromRandomBytes(prng.bytes(16))
        if (uuid !== null) return uuid
      }
    },
  }
}
