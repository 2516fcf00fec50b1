/** Makes build/ if it is missing, and says so: bin/*.sh call this on a fresh clone. */
import { ensureBuilt } from './lib/bundle.mjs'

await ensureBuilt()
