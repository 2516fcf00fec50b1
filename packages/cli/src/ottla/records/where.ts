/**
 * Conditions on records: `value.amount > 10 && headers.type == "order"`. Names are topic, partition, offset, timestamp, key, value and headers; `.a.b[0]` is short for
 * `value.a.b[0]`. Comparisons are == != < <= > >= and =~ (a regular expression); && || ! and parentheses join them; a name alone is true when it is there and not false or null. Nothing is called
 * and nothing is assigned, so that a condition from elsewhere can do no harm.
 */
import type { ConsumerRecord } from '@ottla/client'
import { UsageProblem } from '../usage-problem.ts'

export type Condition = (record: ConsumerRecord) => boolean

type Operand = (record: ConsumerRecord) => unknown
type Token = { readonly kind: 'name' | 'string' | 'number' | 'sign'; readonly text: string; readonly at: number }

const TOKEN =
  /\s*(?:(?<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_][\w-]*)|(?<sign>==|!=|<=|>=|=~|!~|&&|\|\||[<>!().[\]]))/y
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>=', '=~', '!~']
const ROOTS = ['topic', 'partition', 'offset', 'timestamp', 'key', 'value', 'headers'] as const
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** Throws {@link UsageProblem} that says where the text goes wrong. */
export function compileCondition(text: string): Condition {
  const parser = new Parser(text)
  const operand = parser.whole()
  return (record) => isTrue(operand(record))
}

class Parser {
  readonly #text: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#tokens = tokensOf(text)
  }

  whole(): Operand {
    const operand = this.#or()
    if (this.#at < this.#tokens.length) this.#fail('is too much')
    return operand
  }

  #or(): Operand {
    let left = this.#and()
    while (this.#take('||')) {
      const [a, b] = [left, this.#and()]
      left = (record) => isTrue(a(record)) || isTrue(b(record))
    }
    return left
  }

  #and(): Operand {
    let left = this.#not()
    while (this.#take('&&')) {
      const [a, b] = [left, this.#not()]
      left = (record) => isTrue(a(record)) && isTrue(b(record))
    }
    return left
  }

  #not(): Operand {
    if (!this.#take('!')) return this.#comparison()
    const operand = this.#not()
    return (record) => !isTrue(operand(record))
  }

  #comparison(): Operand {
    const left = this.#operand()
    const sign = COMPARISONS.find((each) => this.#take(each))
    if (sign === undefined) return left
    if (sign === '=~' || sign === '!~') {
      const pattern = this.#pattern()
      const isWanted = sign === '=~'
      return (record) => pattern.test(textOf(left(record))) === isWanted
    }
    const right = this.#operand()
    return (record) => compare(left(record), sign, right(record))
  }

  #pattern(): RegExp {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'string') this.#fail('should be a regular expression in quotes')
    this.#at += 1
    try {
      return new RegExp(stringOf(token!.text), 'u')
    } catch (error) {
      throw new UsageProblem(`--where: ${(error as Error).message}`)
    }
  }

  #operand(): Operand {
    if (this.#take('(')) {
      const inner = this.#or()
      if (!this.#take(')')) this.#fail('should be )')
      return inner
    }
    const token = this.#tokens[this.#at]
    if (token === undefined) this.#fail('is missing')
    if (token!.kind === 'sign' && token!.text === '.') return this.#path('value')
    this.#at += 1
    if (token!.kind === 'string') return constant(stringOf(token!.text))
    if (token!.kind === 'number') return constant(Number(token!.text))
    if (token!.kind === 'name' && CONSTANTS.has(token!.text)) return constant(CONSTANTS.get(token!.text))
    const root = ROOTS.find((each) => token!.kind === 'name' && each === token!.text)
    if (root === undefined) {
      this.#at -= 1
      this.#fail(`is none of ${ROOTS.join(', ')}; text stands in quotes`)
    }
    return this.#path(root!)
  }

  #path(root: (typeof ROOTS)[number]): Operand {
    const steps: (string | number)[] = []
    for (;;) {
      if (this.#take('.')) {
        const token = this.#tokens[this.#at]
        if (token?.kind !== 'name') this.#fail('should be a name')
        steps.push(token!.text)
        this.#at += 1
      } else if (this.#take('[')) {
        const token = this.#tokens[this.#at]
        if (token === undefined || token.kind === 'name' || token.kind === 'sign')
          this.#fail('should be a number or a name in quotes')
        steps.push(token!.kind === 'number' ? Number(token!.text) : stringOf(token!.text))
        this.#at += 1
        if (!this.#take(']')) this.#fail('should be ]')
      } else return (record) => follow(rootOf(record, root), steps)
    }
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'sign' || token.text !== sign) return false
    this.#at += 1
    return true
  }

  #fail(what: string): never {
    const token = this.#tokens[this.#at]
    const where =
      token === undefined ? `what comes after '${this.#text}'` : `'${token.text}' at ${token.at + 1} of '${this.#text}'`
    throw new UsageProblem(`--where: ${where} ${what}`)
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < end) {
    const start = TOKEN.lastIndex
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined)
      throw new UsageProblem(`--where: '${text.slice(start).trim()}' cannot be read, in '${text}'`)
    for (const kind of ['string', 'number', 'name', 'sign'] as const) {
      const found = groups[kind]
      if (found !== undefined) tokens.push({ kind, text: found, at: TOKEN.lastIndex - found.length })
    }
  }
  return tokens
}

function constant(value: unknown): Operand {
  return () => value
}

function rootOf(record: ConsumerRecord, root: (typeof ROOTS)[number]): unknown {
  if (root === 'key' || root === 'value') return parsedOf(record[root])
  if (root === 'headers')
    return Object.fromEntries(record.headers.map(({ key, value }) => [key, value?.toString('utf8') ?? null]))
  return record[root]
}

/** JSON where it is some, else text. */
function parsedOf(bytes: Buffer | null): unknown {
  if (bytes === null) return null
  const text = bytes.toString('utf8')
  // An exception for each record that is plain text would cost more than all the rest.
  if (!MAYBE_JSON.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const MAYBE_JSON = /^\s*(?:[{["]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\s*$|true\s*$|false\s*$|null\s*$)/

/** Only what is an object's own: nobody reaches prototypes. */
function follow(value: unknown, steps: readonly (string | number)[]): unknown {
  let at = value
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string | number, unknown>)[step]
  }
  return at
}

function isTrue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false
}

function compare(a: unknown, sign: string, b: unknown): boolean {
  if (sign === '==') return isSame(a, b)
  if (sign === '!=') return !isSame(a, b)
  if (a === null || a === undefined || b === null || b === undefined) return false
  const isNumeric = isNumber(a) && isNumber(b)
  const [left, right] = isNumeric ? [Number(a), Number(b)] : [textOf(a), textOf(b)]
  switch (sign) {
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    default:
      return left >= right
  }
}

/** What is missing is null; a number in text is the number when it stands beside one. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null)
  if (typeof a === 'number' || typeof b === 'number') return isNumber(a) && isNumber(b) && Number(a) === Number(b)
  if (typeof a === 'boolean' || typeof b === 'boolean') return a === b
  return textOf(a) === textOf(b)
}

function isNumber(value: unknown): boolean {
  return (
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value)))
  )
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function stringOf(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(
      /\\(.)/g,
      (_, letter: string) => ({ n: '\n', t: '\t' })[letter] ?? (/[\\'"]/.test(letter) ? letter : `\\${letter}`),
    )
}
