/** What the scripts of all coordinators have in common: commands in, the whole trace out. */
import { ErrorCode, encodeMessage, type Init, type Schema } from '@ottla/protocol'
import { assert } from '@ottla/stdx'
import type { CoordinatorFixture } from './coordinator-fixture.ts'

/** `name word … key=value …`; a word or value `""` is empty. */
export interface Command {
  readonly name: string
  readonly words: readonly string[]
  readonly options: ReadonlyMap<string, string>
}

export type Handlers = Readonly<Record<string, (command: Command) => unknown>>

/** The message that an answer is sent as. */
export interface Form {
  readonly schema: Schema
  readonly version: number
}

/** One case of a script. */
export interface Script {
  start(): Promise<void>
  /** Runs a command line, and gives what it brought about. */
  run(line: string): Promise<string[]>
}

/** Runs a whole script, of cases that begin with a line `==`; gives the text as it should be. */
export async function runScript(text: string, create: () => Script): Promise<string> {
  let script = create()
  await script.start()
  const out: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('==')) {
      script = create()
      await script.start()
    }
    if (line.startsWith('>')) out.push(line, ...(await script.run(line.slice(1))))
    else if (line === '' || line.startsWith('#') || line.startsWith('==')) out.push(line)
  }
  return out.join('\n')
}

/** Has the handler of a command line do its work; what comes of it may take some turns. */
export async function carryOut(line: string, handlers: Handlers): Promise<void> {
  const command = parseCommand(line)
  const handler = handlers[command.name]
  assert(handler !== undefined, `a command: ${line}`)
  await handler(command)
}

function parseCommand(line: string): Command {
  const [name = '', ...rest] = line.trim().split(/\s+/)
  const unquoted = (text: string): string => (text === '""' ? '' : text)
  const words = rest.filter((word) => !word.includes('=')).map(unquoted)
  const options = rest
    .filter((word) => word.includes('='))
    .map((word): [string, string] => {
      const at = word.indexOf('=')
      return [word.slice(0, at), unquoted(word.slice(at + 1))]
    })
  return { name, words, options: new Map(options) }
}

/** Commands about time, the log and the leadership; all scripts have them. */
export function fixtureCommands(fixture: CoordinatorFixture): Handlers {
  return {
    advance: ({ words }) => advance(fixture, Number(words[0])),
    hold: () => {
      fixture.commitsAtOnce = false
    },
    'commit-log': () => {
      fixture.commitsAtOnce = true
      fixture.commit()
    },
    fail: () => {
      fixture.commitsAtOnce = true
      fixture.fail()
    },
    refuse: ({ words }) => {
      fixture.log.refusal = ErrorCode[words[0] as keyof typeof ErrorCode]
    },
    accept: () => {
      fixture.log.refusal = ErrorCode.NONE
    },
    unload: () => fixture.unload(),
    load: () => fixture.load(),
    restart: () => fixture.restart(),
  }
}

/** Answers come in the turn in which they are decided, so long waits are walked in steps. */
async function advance(fixture: CoordinatorFixture, ms: number): Promise<void> {
  const step = Math.max(1, Math.floor(ms / 20))
  for (let left = ms; left > 0; left -= step) {
    fixture.time.advance(Math.min(step, left))
    await fixture.turns()
  }
}

/** What a command brought about, line by line. */
export class Trace {
  #lines: string[] = []
  #timers = new Map<string, number>()

  push(...lines: readonly string[]): void {
    this.#lines.push(...lines)
  }

  /** Tells the answer when it is there, once it has proved to be one that can be sent in the client's version. */
  answer<T extends object>(who: string, answer: Promise<T>, print: (value: T) => string, form: Form): void {
    answer.then(
      (value) => {
        encodeMessage(form.schema, form.version, value as Init<Schema>)
        this.push(`${who} ${print(value)}`)
      },
      (error: unknown) => this.push(`${who} threw ${String(error)}`),
    )
  }

  /** Tells which timers were set, moved or taken back since the last time. */
  timers(pending: Iterable<[key: string, atMs: number]>, nowMs: number, print: (key: string) => string): void {
    const now = new Map(pending)
    for (const [key, atMs] of now)
      if (this.#timers.get(key) !== atMs) this.push(`timer ${print(key)} in ${atMs - nowMs}`)
    for (const key of this.#timers.keys()) if (!now.has(key)) this.push(`timer ${print(key)} gone`)
    this.#timers = now
  }

  /** All that was told since the last time. */
  take(): string[] {
    const lines = this.#lines
    this.#lines = []
    return lines
  }
}
