/** Holds what two tools printed against each other. */

const PARTS = ['status', 'out', 'err']

export class Verdicts {
  #masks
  #intended
  #usedMasks = new Set()
  #usedIntended = new Set()
  #tools = new Map()
  #isVerbose
  #isJson

  constructor({ masks, intended, isVerbose, isJson }) {
    this.#masks = masks
    this.#intended = intended
    this.#isVerbose = isVerbose
    this.#isJson = isJson
  }

  /** `sides`: the results of each side, in the order of the cases. */
  judge({ tool, cases }, sides) {
    const counts = this.#tools.get(tool) ?? { passed: 0, failures: [] }
    this.#tools.set(tool, counts)
    for (const [at, each] of cases.entries()) {
      const [kafka, ottla] = [sides.kafka[at], sides.ottla[at]]
      const masks = this.#masksFor(tool, each)
      const differing = differingParts(kafka, ottla, masks)
      this.#noteMasks(kafka, ottla, masks)
      const left = differing.filter((part) => !this.#isIntended({ tool, args: each.args, part, kafka, ottla }))
      if (this.#isVerbose && !this.#isJson) {
        const times = `${kafka.tookMs.toFixed(0)} and ${ottla.tookMs.toFixed(0)} ms`
        console.log(`${left.length === 0 ? 'same   ' : 'differs'} ${tool} ${each.args} (${times})`)
      }
      if (left.length === 0) counts.passed += 1
      else {
        const failure = explanation({ tool, each, parts: left, kafka, ottla, masks, isWhole: this.#isVerbose })
        counts.failures.push(failure)
        if (!this.#isJson) console.log(failure)
      }
    }
  }

  /** The number of failures. */
  report({ isWhole, seconds }) {
    const unused = isWhole ? this.#unused() : []
    let failed = unused.length
    for (const [tool, { passed, failures }] of this.#tools) {
      failed += failures.length
      if (this.#isJson) console.log(outcomeLine({ title: tool, failures, passed }))
      else console.log(`${tool.padEnd(32)} ${passed} same, ${failures.length} differ`)
    }
    if (this.#isJson)
      console.log(outcomeLine({ title: 'every mask and intended difference is needed', failures: unused }))
    else {
      for (const line of unused) console.log(line)
      const total = [...this.#tools.values()].reduce((sum, { passed }) => sum + passed, 0)
      console.log(`${total} cases the same, ${failed} failures, ${seconds.toFixed(1)} s`)
    }
    return failed
  }

  #masksFor(tool, { masks = [] }) {
    for (const name of masks) {
      if (!this.#masks.some((mask) => mask.name === name)) throw new Error(`there is no mask ${name}`)
    }
    return this.#masks.filter(
      ({ name, tools, onRequest }) => (!tools || tools.includes(tool)) && (!onRequest || masks.includes(name)),
    )
  }

  /** A mask is needed where the case would differ without it. */
  #noteMasks(kafka, ottla, masks) {
    for (const mask of masks) {
      if (this.#usedMasks.has(mask)) continue
      const others = masks.filter((other) => other !== mask)
      if (differingParts(kafka, ottla, others).length > differingParts(kafka, ottla, masks).length)
        this.#usedMasks.add(mask)
    }
  }

  #isIntended({ tool, args, part, kafka, ottla }) {
    const found = this.#intended.find(
      (each) =>
        each.tools.test(tool) &&
        each.args.test(args) &&
        each.where.includes(part) &&
        (each.ottla === undefined || each.ottla.test(`${ottla.out}${ottla.err}`)) &&
        (each.kafka === undefined || each.kafka.test(`${kafka.out}${kafka.err}`)),
    )
    if (found !== undefined) this.#usedIntended.add(found)
    return found !== undefined
  }

  #unused() {
    const masks = this.#masks.filter((mask) => !this.#usedMasks.has(mask))
    const intended = this.#intended.filter((each) => !this.#usedIntended.has(each))
    return [
      ...masks.map(({ name }) => `the mask ${name} is not needed`),
      ...intended.map(
        ({ tools, args, reason }) => `the intended difference of ${tools} ${args} does not show: ${reason}`,
      ),
    ]
  }
}

function masked(result, masks) {
  const text = (each) => masks.reduce((now, mask) => mask.apply(now, result), each)
  return { status: result.status, out: text(result.out), err: text(result.err) }
}

function differingParts(kafka, ottla, masks) {
  const [one, other] = [masked(kafka, masks), masked(ottla, masks)]
  return PARTS.filter((part) => one[part] !== other[part])
}

function explanation({ tool, each, parts, kafka, ottla, masks, isWhole }) {
  const [one, other] = isWhole ? [kafka, ottla] : [masked(kafka, masks), masked(ottla, masks)]
  const lines = parts.flatMap((part) => [
    `  ${part} of Kafka's: ${shown(one[part])}`,
    `  ${part} of Ottla's: ${shown(other[part])}`,
  ])
  return [`DIFFERS ${tool} ${each.args}`, ...lines].join('\n')
}

function shown(text) {
  return JSON.stringify(text).slice(0, 3000)
}

function outcomeLine({ title, failures, passed }) {
  const outcome = failures.length === 0 ? 'passed' : 'failed'
  const detail =
    failures.length === 0
      ? ''
      : `${failures.length} of ${failures.length + (passed ?? 0)}: ${failures.join(' | ').slice(0, 500)}`
  return JSON.stringify({ client: 'Tools beside Kafka’s', version: '4.3.1', case: title, outcome, detail })
}
