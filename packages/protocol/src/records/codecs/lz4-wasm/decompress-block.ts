/**
 * `decompress(pos, end, to, limit, floor)`: unpacks the block `[pos, end)` to `to`, at most up to `limit`, with copies from `floor` on. Gives
 * where the output ends, or OVER_LIMIT, CUT_SHORT, WRONG_DISTANCE. All are addresses.
 */

import {
  add,
  and,
  branch,
  branchIf,
  type Code,
  copyWords,
  eq,
  ge,
  give,
  gt,
  increase,
  isZero,
  label,
  loop,
  lt,
  or,
  read8,
  read16,
  read128,
  result,
  Scope,
  set,
  shl,
  shr,
  sub,
  type WasmFunction,
  WORD_BYTES,
  when,
  write128,
} from './assembler.ts'
import { CUT_SHORT, OVER_LIMIT, WRONG_DISTANCE } from './layout.ts'

const MIN_MATCH = 4

type Locals = ReturnType<typeof localsOf>

function localsOf(scope: Scope) {
  return {
    pos: scope.i32(),
    end: scope.i32(),
    to: scope.i32(),
    limit: scope.i32(),
    floor: scope.i32(),
    token: scope.i32(),
    length: scope.i32(),
    more: scope.i32(),
    distance: scope.i32(),
    from: scope.i32(),
    /** Where a copy comes to its end, of what is read and of what is written. */
    fromEnd: scope.i32(),
    toEnd: scope.i32(),
  }
}

export function decompressBlock(): WasmFunction {
  const scope = new Scope()
  const locals = localsOf(scope)
  const { pos, end, to, floor, token, length, distance } = locals
  const sequence = label('sequence')
  return {
    name: 'decompress',
    parameters: 5,
    scope,
    body: [
      loop(
        sequence,
        when(ge(pos, end), [give(CUT_SHORT)]),
        set(token, read8(0, pos)),
        increase(pos, 1),
        set(length, shr(token, 4)),
        readLength(locals),
        when(gt(length, sub(end, pos)), [give(CUT_SHORT)]),
        ...copyLiterals(locals),
        when(eq(pos, end), [give(to)]),
        when(gt(add(pos, 2), end), [give(CUT_SHORT)]),
        set(distance, read16(0, pos)),
        increase(pos, 2),
        when(or(isZero(distance), gt(distance, sub(to, floor))), [give(WRONG_DISTANCE)]),
        set(length, and(token, 15)),
        readLength(locals),
        increase(length, MIN_MATCH),
        ...copyMatch(locals),
        branch(sequence),
      ),
      result(CUT_SHORT),
    ],
  }
}

/** Reads what a length has beyond the 15 of the token. */
function readLength({ pos, end, length, more }: Locals): Code {
  const next = label('next length byte')
  return when(eq(length, 15), [
    loop(
      next,
      when(ge(pos, end), [give(CUT_SHORT)]),
      set(more, read8(0, pos)),
      increase(pos, 1),
      increase(length, more),
      branchIf(next, eq(more, 255)),
    ),
  ])
}

function copyLiterals({ pos, to, limit, length, from, toEnd }: Locals): Code[] {
  return [
    when(gt(length, sub(limit, to)), [give(OVER_LIMIT)]),
    set(from, pos),
    increase(pos, length),
    set(toEnd, add(to, length)),
    copyWords(to, from, pos),
    set(to, toEnd),
  ]
}

function copyMatch({ to, limit, length, distance, from, fromEnd, toEnd }: Locals): Code[] {
  const spread = label('spread')
  return [
    when(gt(length, sub(limit, to)), [give(OVER_LIMIT)]),
    set(toEnd, add(to, length)),
    set(from, sub(to, distance)),
    // What repeats within a word is spread until it fills one: the first bytes of each copy are right, and twice as many the next time.
    when(lt(distance, WORD_BYTES), [
      loop(
        spread,
        write128(0, to, read128(0, from)),
        increase(to, distance),
        set(distance, shl(distance, 1)),
        branchIf(spread, lt(distance, WORD_BYTES)),
      ),
    ]),
    set(fromEnd, sub(toEnd, distance)),
    copyWords(to, from, fromEnd),
    set(to, toEnd),
  ]
}
