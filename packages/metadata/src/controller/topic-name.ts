/** Rules of topic names. */

const LEGAL = /^[a-zA-Z0-9._-]+$/
const LENGTH_MAX = 249

/** Why it cannot be a topic's name, in Kafka's words; null when it can. */
export function topicNameProblem(name: string): string | null {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.') return "Topic name is invalid: '.' is not allowed"
  if (name === '..') return "Topic name is invalid: '..' is not allowed"
  if (name.length > LENGTH_MAX) {
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${LENGTH_MAX}`
  }
  if (LEGAL.test(name)) return null
  return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
}

/** Names that differ only in this are one in the names of metrics. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
