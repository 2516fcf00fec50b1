/**
 * Times of small pieces as ratios to a fixed loop: sample by sample in turn with it, the best of each, so that a slow or busy machine changes both.
 */

const SAMPLES = 30
const SAMPLES_MAX = 150
/** Of processor time: on a busy machine a clock tells nothing of what was compiled. */
const WARM_MICROS = 80_000
const SAMPLE_NS = 1.5e6

/** As much work as no change of Ottla's can touch: arithmetic, look-ups in memory, and a few objects, as codecs have them. */
const table = Int32Array.from({ length: 4096 }, (_, index) => Math.imul(index, 2654435761))
let kept = null
export function reference() {
  let sum = 1
  for (let i = 0; i < 4096; i += 1) sum = (Math.imul(sum, 31) + table[(sum ^ i) & 4095]) | 0
  const objects = []
  for (let i = 0; i < 64; i += 1) objects.push({ index: i, sum: sum ^ i, next: kept })
  kept = objects[sum & 63]
  kept.next = null
  return sum
}

const now = () => Number(process.hrtime.bigint())

function timeOf(run, count) {
  const since = now()
  for (let i = 0; i < count; i += 1) run()
  return now() - since
}

/** Runs until it is compiled, and gives how often it runs in one sample. */
function warmed(run) {
  let count = 1
  const before = process.cpuUsage().user
  while (process.cpuUsage().user - before < WARM_MICROS) {
    const taken = timeOf(run, count)
    if (taken < SAMPLE_NS / 2) count *= 2
  }
  return count
}

/** { ns: time of one run, ratio: to one run of the reference }. `settle`, if any, is awaited between samples, untimed. */
export async function measure({ run, settle }) {
  const [count, references] = [warmed(run), warmed(reference)]
  let [best, bestReference] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  // As long as it still gets better it is still being compiled, or the machine did something else.
  let enough = SAMPLES
  for (let i = 0; i < enough; i += 1) {
    bestReference = Math.min(bestReference, timeOf(reference, references) / references)
    const taken = timeOf(run, count) / count
    if (taken < best * 0.97) enough = Math.min(Math.max(enough, i + SAMPLES / 2), SAMPLES_MAX)
    best = Math.min(best, taken)
    await settle?.()
  }
  return { ns: best, ratio: best / bestReference }
}
