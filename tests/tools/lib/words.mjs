/** Arguments of cases: words with blanks between, quotes around what holds blanks, and names for what differs from run to run. */

/**
 * `$B`: --bootstrap-server HOST:PORT, `$S`: HOST:PORT alone, `$DEAD`: an address where nobody listens, `$F`: --command-config with a file
 * that has short timeouts, `$DIR`: folder of the side, `$DATA`: folder of the broker, `$SIDE`: kafka or
 * ottla.
 */
export function argumentsOf(text, world) {
  const expanded = {
    $S: world.bootstrap,
    $DEAD: '127.0.0.1:1',
    $DIR: world.folder,
    $DATA: world.dataFolder,
    $SIDE: world.side,
  }
  return splitWords(text).flatMap((word) => {
    if (word === '$B') return ['--bootstrap-server', world.bootstrap]
    if (word === '$F') return ['--command-config', `${world.folder}/fast.properties`]
    return [word.replaceAll(/\$(?:SIDE|S|DEAD|DIR|DATA)\b/g, (name) => expanded[name])]
  })
}

function splitWords(text) {
  const words = []
  for (const [, spaced] of text.matchAll(/((?:"[^"]*"|'[^']*'|[^\s"'])+)/g)) {
    words.push(spaced.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single))
  }
  return words
}
