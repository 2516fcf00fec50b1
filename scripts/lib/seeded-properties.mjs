/** Loaded before each test file where SEED_PREFIX is set: what properties draw follows from it, so that a run that failed fails again. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'

fc.configureGlobal({ seed: createHash('sha256').update(process.env.SEED_PREFIX).digest().readInt32BE() })
