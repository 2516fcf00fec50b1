/** The pages that are made from the code's own tables: settings, APIs, metrics, the commands of `ottla`. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesBelow, readText, root } from './workspace.mjs'

const load = (path) => import(pathToFileURL(join(root, 'packages', path)).href)

/** Text by path, relative to the repository. */
export async function referencePages() {
  return {
    'docs/config.md': await configPage(),
    'docs/apis.md': await apisPage(),
    'docs/metrics.md': await metricsPage(),
    ...(await ottlaPages()),
  }
}

/** The manual pages of `ottla`, and its guide: what is written by hand there stays. */
async function ottlaPages() {
  const { manPages, withReference } = await load('cli/dist/index.js')
  return { ...manPages(), 'docs/guides/ottla.md': withReference(readText('docs/guides/ottla.md')) }
}

async function metricsPage() {
  const { METRIC_AREAS } = await load('broker/dist/metrics/index.js')
  const sections = METRIC_AREAS.map(({ title, rows }) => {
    const lines = rows.map(({ name, kind, labels = [], help }) => {
      const shown = labels.map((label) => `\`${label}\``).join(', ')
      return `| \`${name}\` | ${kind} | ${shown} | ${help.replaceAll('|', '\\|')} |`
    })
    return `## ${title}\n\n| metric | kind | labels | what it is |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`
  })
  return `# Metrics

Made from the list of metrics in packages/broker by \`npm run build -- --docs\`: what \`/metrics\` of the HTTP listener shows (see
[operations](operations.md)). Names that begin with \`kafka_\` are those that the usual rules of the JMX exporter, or kafka_exporter, give to the same
thing of Apache Kafka; \`process_\` and \`nodejs_\` stand where dashboards have the JVM; \`ottla_\` are Ottla's own. A summary has quantiles of the last one to two
minutes (\`quantile="0.50"\`, \`0.75\`, \`0.95\`, \`0.98\`, \`0.99\`, \`0.999\`), and \`_sum\` and \`_count\` since the start. Times in names that end with \`timems\` are
milliseconds with fractions.

${sections.join('\n')}`
}

async function configPage() {
  const config = await load('config/dist/index.js')
  const sections = [
    ['Broker', 'In the file of settings; those that are not read-only also by kafka-configs.', config.brokerKeys],
    ['Topic', 'On a topic; what is not set comes from the broker setting named as source.', config.topicKeys],
    ['Group', 'On a group.', config.groupKeys],
    ['Client metrics', 'On a client metrics subscription.', config.clientMetricsKeys],
  ]
  const text = sections.map(([title, intro, keys]) => `## ${title}\n\n${intro}\n\n${keyTable(keys, config)}\n`)
  return `# Settings

Made from the tables in packages/config by \`npm run build -- --docs\`. Keys that begin with \`ottla.\` are Ottla's own; all others are
Apache Kafka's, with its types, defaults and bounds.

${text.join('\n')}`
}

function keyTable(keys, { formatValue }) {
  const rows = [...keys.values()]
    .filter(({ internal }) => !internal)
    .map((key) => {
      const value = formatValue(key.type, key.default)
      const source = key.updateMode ?? key.brokerSynonyms?.map(({ name }) => `\`${name}\``).join(', ') ?? ''
      return `| \`${key.name}\` | ${key.type} | ${value === null || value === '' ? '' : `\`${value}\``} | ${bounds(key.valid)} | ${source} | ${key.doc ?? ''} |`
    })
  return [
    '| key | type | default | allowed | changed by, source | what it is |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

function bounds(valid) {
  if (valid === undefined) return ''
  if (valid.values !== undefined) return valid.values.map((value) => `\`${value}\``).join(', ')
  const { min, max } = valid
  if (min !== undefined && min !== null && max !== undefined && max !== null) return `${min} to ${max}`
  if (min !== undefined && min !== null) return `≥ ${min}`
  return max === undefined || max === null ? '' : `≤ ${max}`
}

async function apisPage() {
  const { API_TABLE } = await load('broker/dist/apis/table.js')
  const { ApiIndex } = await load('broker/dist/api-index.js')
  const { apiOf } = await load('protocol/dist/index.js')
  const headers = new Map()
  for (const path of filesBelow('packages/broker/src/apis')) {
    const key = /\/(\d+)-[\w-]+\.ts$/.exec(path)?.[1]
    if (key !== undefined && !path.includes('.test.')) headers.set(Number(key), headerOf(readText(path)))
  }
  const rows = new ApiIndex(API_TABLE).advertised.map(({ apiKey, minVersion, maxVersion }) => {
    const versions = minVersion === maxVersion ? minVersion : `${minVersion}–${maxVersion}`
    return `| ${apiKey} | ${apiOf(apiKey).name} | ${versions} | ${headers.get(apiKey) ?? ''} |`
  })
  return `# APIs

Made from the API table in packages/broker by \`npm run build -- --docs\`: what ApiVersions advertises. An API or version that is not here is not
served.

| key | API | versions | what it does |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** The first paragraph behind the title of a header comment. */
function headerOf(text) {
  const comment = /\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? ''
  const paragraphs = comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*\s?/, ''))
    .join('\n')
    .trim()
    .split(/\n\s*\n/)
  return (paragraphs[1] ?? paragraphs[0] ?? '')
    .replace(/\s+/g, ' ')
    .replace(/\{@link (\w+)\}/g, '$1')
    .replaceAll('|', '\\|')
}
