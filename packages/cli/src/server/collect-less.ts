/** How the garbage collector of a server process is set. */
import { setFlagsFromString } from 'node:v8'

/**
 * V8 begins to mark the old generation as soon as what is left to its limit is less than the young generation may hold. With the few MB
 * that a broker keeps, that is always: under load one collection of everything each second, 10 ms of work and a pause of
 * 2 ms in each. So it begins by how full the old generation is, in percent of the limit, which stays as it was.
 */
const SETTINGS = ['--incremental-marking-soft-trigger=60', '--incremental-marking-hard-trigger=80']

/** Sets it; what a version of V8 does not know has no effect. Options of the command line and NODE_OPTIONS do not change it. */
export function collectLess(): void {
  for (const setting of SETTINGS) setFlagsFromString(setting)
}
