/** `compress(bytes, out)`: packs so many bytes of the input to `out`; gives where the block ends. */

import {
  add,
  and,
  block,
  branch,
  branchIf,
  type Code,
  copyWords,
  countLeadingZeros64,
  countTrailingZeros,
  countTrailingZeros64,
  differences128,
  fill,
  ge,
  gt,
  increase,
  isZero,
  isZero64,
  type Label,
  type Local,
  label,
  long,
  loop,
  low32,
  lt,
  min,
  mul64,
  ne,
  type Operand,
  or,
  read16,
  read32,
  read64,
  read128,
  result,
  Scope,
  set,
  shl,
  shr,
  shr64,
  sub,
  type WasmFunction,
  WORD_BYTES,
  when,
  write8,
  write16,
  write128,
  xor64,
} from './assembler.ts'
import { INPUT } from './layout.ts'

/** In front of the input: for each hash of five bytes the position where they were seen last. */
const TABLE = 0
const HASH_BITS = 13
/** A prime whose product takes the five low bytes of a word to its highest bits. */
const HASH_MULTIPLIER = BigInt.asIntN(64, 0xcf1bbcdcbbn << 24n)
const MIN_MATCH = 4
/** A block ends with at least so many literals, and the last match begins at least 12 bytes before the end. */
const LAST_LITERALS = 5
const MATCH_LIMIT = 12
/** Misses after which the search takes larger steps: what does not compress is passed quickly. */
const SKIP_TRIGGER = 6

type Locals = ReturnType<typeof localsOf>

/** Positions count from the beginning of the input; addresses are `out`, `from` and `until`. */
function localsOf(scope: Scope) {
  return {
    bytes: scope.i32(),
    out: scope.i32(),
    pos: scope.i32(),
    /** Where the literals begin that are not written yet. */
    anchor: scope.i32(),
    lastMatch: scope.i32(),
    slot: scope.i32(),
    match: scope.i32(),
    misses: scope.i32(),
    distance: scope.i32(),
    end: scope.i32(),
    /** Of the match, less MIN_MATCH. */
    length: scope.i32(),
    /** Number of literals. */
    run: scope.i32(),
    difference: scope.i32(),
    from: scope.i32(),
    until: scope.i32(),
    word: scope.i64(),
  }
}

export function compressBlock(): WasmFunction {
  const scope = new Scope()
  const locals = localsOf(scope)
  const { bytes, out, pos, anchor, lastMatch, misses, distance, end, length, run } = locals
  const sequences = label('sequences')
  const sequence = label('sequence')
  return {
    name: 'compress',
    parameters: 2,
    scope,
    body: [
      set(lastMatch, sub(bytes, MATCH_LIMIT)),
      set(pos, 1),
      when(gt(bytes, MATCH_LIMIT), [fill(TABLE, 0, 2 << HASH_BITS)]),
      block(
        sequences,
        loop(
          sequence,
          set(misses, 1 << SKIP_TRIGGER),
          findMatch(locals, sequences),
          ...extendMatch(locals),
          write8(0, out, or(shl(min(run, 15), 4), min(length, 15))),
          increase(out, 1),
          ...writeLiterals(locals),
          write16(0, out, distance),
          increase(out, 2),
          when(ge(length, 15), writeLength(out, length)),
          set(pos, end),
          set(anchor, end),
          branchIf(sequences, gt(pos, lastMatch)),
          write16(TABLE, slotOf(read64(INPUT - 2, pos)), sub(pos, 2)),
          branch(sequence),
        ),
      ),
      set(run, sub(bytes, anchor)),
      write8(0, out, shl(min(run, 15), 4)),
      increase(out, 1),
      ...writeLiterals(locals),
      result(out),
    ],
  }
}

/** Goes on to where four bytes, and mostly five, were seen before, or out of `sequences` when there are none. */
function findMatch({ pos, lastMatch, word, slot, match, misses }: Locals, sequences: Label): Code {
  const search = label('search')
  return loop(
    search,
    branchIf(sequences, gt(pos, lastMatch)),
    set(word, read64(INPUT, pos)),
    set(slot, slotOf(word)),
    set(match, read16(TABLE, slot)),
    write16(TABLE, slot, pos),
    when(ne(read32(INPUT, match), low32(word)), [
      increase(pos, shr(misses, SKIP_TRIGGER)),
      increase(misses, 1),
      branch(search),
    ]),
  )
}

/** Finds where the match begins and ends. */
function extendMatch({ bytes, word, pos, match, distance, end, difference, length, run, anchor }: Locals): Code[] {
  const compare = label('compare')
  const lastEnd = sub(bytes, LAST_LITERALS)
  const before = xor64(read64(INPUT - 8, pos), read64(INPUT - 8, match))
  return [
    set(distance, sub(pos, match)),
    set(word, xor64(read64(INPUT + MIN_MATCH, pos), read64(INPUT + MIN_MATCH, match))),
    set(end, add(add(pos, MIN_MATCH), low32(shr64(countTrailingZeros64(word), long(3n))))),
    when(isZero64(word), [
      loop(
        compare,
        set(difference, differences128(read128(INPUT, end), read128(INPUT, sub(end, distance)))),
        increase(end, countTrailingZeros(or(difference, 1 << WORD_BYTES))),
        branchIf(compare, and(isZero(difference), lt(end, lastEnd))),
      ),
    ]),
    when(gt(end, lastEnd), [set(end, lastEnd)]),
    // Up to eight bytes before are often the same as well. Found without a branch, since nothing foretells their number.
    set(length, shr(low32(countLeadingZeros64(before)), 3)),
    set(pos, sub(pos, min(length, min(sub(pos, anchor), match)))),
    set(run, sub(pos, anchor)),
    set(length, sub(sub(end, pos), MIN_MATCH)),
  ]
}

/** Writes the `run` literals from the anchor on, behind what of their number is not in the token. */
function writeLiterals({ out, anchor, run, from, until }: Locals): Code[] {
  return [
    set(from, add(anchor, INPUT)),
    set(until, add(from, run)),
    when(
      lt(run, 15),
      [write128(0, out, read128(0, from)), increase(out, run)],
      [...writeLength(out, run), copyWords(out, from, until), increase(out, sub(until, from))],
    ),
  ]
}

/** Writes what a length has beyond the 15 of the token. Uses up the length. */
function writeLength(out: Local, length: Local): Code[] {
  const next = label('next length byte')
  return [
    increase(length, -15),
    loop(
      next,
      write8(0, out, min(length, 255)),
      increase(out, 1),
      increase(length, -255),
      branchIf(next, ge(length, 0)),
    ),
  ]
}

/** Where in the table the five low bytes of a word belong. Five, not four: fewer and longer matches. */
function slotOf(word: Operand): Code {
  const hash = shr64(mul64(word, long(HASH_MULTIPLIER)), long(BigInt(64 - HASH_BITS)))
  return shl(low32(hash), 1)
}
