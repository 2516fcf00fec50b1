/**
 * Measures one contestant in a process of its own: node measure.mjs <contestant> <seconds per case> [part of a name]. Prints one JSON line:
 * {node, cases: {name: {ns, result}}}. The result is what the case gave, for run.mjs to compare between contestants.
 */
const [contestant, seconds, only = ''] = process.argv.slice(2)
const { cases } = await import(`./contestants/${contestant}.mjs`)
/** The best sample counts: what else the machine does can only add to it. */
const SAMPLES = 20
const budget = (Number(seconds) * 1e9) / (SAMPLES + 4)

/** Nanoseconds that `count` runs take. What is asynchronous is awaited, one after the other, as a caller would. */
async function time(run, count, isAsync) {
  const start = process.hrtime.bigint()
  if (isAsync) for (let i = 0; i < count; i++) await run()
  else for (let i = 0; i < count; i++) run()
  return Number(process.hrtime.bigint() - start)
}

async function measure(run) {
  const isAsync = run() instanceof Promise
  let count = 1
  let taken = 0
  // Warm up for four samples' time, and find out how many runs one sample holds.
  for (let spent = 0; spent < budget * 4; spent += taken) {
    taken = await time(run, count, isAsync)
    if (taken < budget / 2) count *= 2
  }
  const samples = []
  for (let i = 0; i < SAMPLES; i++) samples.push((await time(run, count, isAsync)) / count)
  return Math.min(...samples)
}

const measured = {}
for (const [name, run] of Object.entries(cases())) {
  if (!name.includes(only)) continue
  const result = await run()
  measured[name] = { ns: await measure(run), result }
}
console.log(JSON.stringify({ node: process.versions.node, cases: measured }))
