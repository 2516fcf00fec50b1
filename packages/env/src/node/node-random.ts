import type { Random } from '../random.ts'
import { uuidFromRandomBytes } from '../uuid.ts'

type Crypto = typeof import('node:crypto')

let loaded: Crypto | undefined

/** Loading node:crypto costs 3 ms, which a start that draws nothing does not owe. */
function crypto(): Crypto {
  loaded ??= process.getBuiltinModule('node:crypto')
  return loaded
}

/** Cryptographically strong. */
export const nodeRandom: Random = {
  bytes: (count) => crypto().randomBytes(count),
  below: (bound) => crypto().randomInt(bound),
  uuid: () => {
    for (;;) {
      const uuid = uuidFromRandomBytes(crypto().randomBytes(16))
      if (uuid !== null) return uuid
    }
  },
}
