const LIMIT_MS = 60_000
const PAUSE_MS = 20

/** Asks until the answer is true. */
export async function until(isTrue) {
  const deadline = performance.now() + LIMIT_MS
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within 60 s: ${isTrue}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
