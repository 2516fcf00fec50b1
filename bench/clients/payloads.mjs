/** What is sent: lines of JSON with words, numbers and ids, all of one length; the same for everybody. lz4 makes about half of them. */
const WORDS =
  'order customer shipped invoice amount pending street harbour winter signal basket return credit carrier parcel window garden copper silver morning account payment region north express standard remark'.split(
    ' ',
  )

function* randomNumbers(seed) {
  for (let state = seed; ; ) {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` different lines of exactly `bytes` bytes, always the same ones. */
export function payloadLines(bytes, count = 2000) {
  const random = randomNumbers(bytes)
  const next = (below) => Math.floor(random.next().value * below)
  return Array.from({ length: count }, () => {
    let text = `{"id":"${next(2 ** 32).toString(16)}${next(2 ** 32).toString(16)}","n":${next(100_000)},"t":"`
    while (text.length < bytes)
      text += `${WORDS[next(WORDS.length)]} ${next(4) === 0 ? next(1_000_000).toString(36) : ''} `
    return `${text.slice(0, bytes - 2)}"}`
  })
}
