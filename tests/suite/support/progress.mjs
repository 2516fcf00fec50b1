/** What the suite prints: a line per case as it ends, a line per system, and the matrix. With JSON, the lines of the real-client tier. */
import { SYSTEMS } from './systems.mjs'

export class Progress {
  #isJson
  #outcomes = new Map()
  hasFailed = false

  constructor(isJson) {
    this.#isJson = isJson
  }

  starting(title) {
    this.#say(`starting ${title}`)
  }

  started(ms) {
    this.#say(`  started in ${seconds(ms)}`)
  }

  passed(system, { name }, ms) {
    this.#keep(system, name, 'passed')
    this.#say(`  passed  ${name} (${seconds(ms)})`)
    this.#tell(system, name, 'passed', '')
  }

  failed(system, { name }, error) {
    this.hasFailed = true
    this.#keep(system, name, 'failed')
    const detail = error?.stack ?? String(error)
    this.#say(`  FAILED  ${name}\n${detail.replaceAll(/^/gm, '    ')}${causes(error)}`)
    this.#tell(
      system,
      name,
      'failed',
      String(error?.message ?? error)
        .replaceAll('\n', ' ')
        .slice(0, 500),
    )
  }

  stray(error) {
    this.hasFailed = true
    this.#say(`  FAILED  a rejection that nobody handled\n${(error?.stack ?? String(error)).replaceAll(/^/gm, '    ')}`)
  }

  /** An empty cell of the tier's table. */
  notApplicable(system, { name }, lack) {
    this.#keep(system, name, 'not applicable')
    this.#say(`  –       ${name} (${lack})`)
  }

  absent(system, reason) {
    this.#keep(system, 'starts', 'failed')
    this.hasFailed = true
    this.#say(`  FAILED  ${SYSTEMS[system].title}: ${reason}`)
    this.#tell(system, 'is installed', 'failed', reason)
  }

  over(system, ms) {
    const count = this.#counts(system)
    const { title } = SYSTEMS[system]
    this.#say(
      `${title}: ${count.passed} passed, ${count.failed} failed, ${count['not applicable']} not applicable, in ${seconds(ms)}\n`,
    )
  }

  matrix(cases, systems) {
    if (systems.length < 2) return
    const width = Math.max(...cases.map(({ name }) => name.length))
    const cell = { passed: 'yes', failed: 'NO', 'not applicable': '–' }
    const row = (name, cells) => this.#say(`${name.padEnd(width)}  ${cells.map((each) => each.padEnd(20)).join('')}`)
    row(
      '',
      systems.map((system) => SYSTEMS[system].title),
    )
    for (const { name } of cases) {
      row(
        name,
        systems.map((system) => cell[this.#outcomes.get(system)?.get(name)] ?? ''),
      )
    }
    const total = (kind) => systems.map((system) => String(this.#counts(system)[kind]))
    for (const kind of ['passed', 'failed', 'not applicable']) row(kind, total(kind))
  }

  #counts(system) {
    const counts = { passed: 0, failed: 0, 'not applicable': 0 }
    for (const outcome of this.#outcomes.get(system)?.values() ?? []) counts[outcome] += 1
    return counts
  }

  #keep(system, name, outcome) {
    if (!this.#outcomes.has(system)) this.#outcomes.set(system, new Map())
    this.#outcomes.get(system).set(name, outcome)
  }

  #say(line) {
    if (!this.#isJson) console.log(line)
  }

  #tell(system, name, outcome, detail) {
    if (!this.#isJson) return
    const client = `@ottla/client on ${SYSTEMS[system].title.replace(/ [\d.]+$/, '')}`
    const version = /[\d.]+$/.exec(SYSTEMS[system].title)?.[0] ?? ''
    console.log(JSON.stringify({ client, version, case: name, outcome, detail }))
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}

function causes(error) {
  let text = ''
  for (let cause = error?.cause; cause instanceof Error; cause = cause.cause) text += `\n    because ${cause.message}`
  return text
}
