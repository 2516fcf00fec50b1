/** kafka-acls: lists, adds and removes access control lists. */
import { type AclBinding, type AclsAdmin, aclKey, unwrap } from '@ottla/client'
import { type Io, printLine } from '../io.ts'
import type { ParsedOptions } from '../options/parse-options.ts'
import { ToolError, UsageError } from '../options/usage-error.ts'
import { Answers } from '../shared/answers.ts'
import { connect, readProperties } from '../shared/client-properties.ts'
import { errorTextWithClass } from '../shared/error-text.ts'
import { NO_CONTROLLERS } from '../shared/server-options.ts'
import { defineTool } from '../tool.ts'
import { ACL_OPTIONS, checkAclOptions } from './acl-options.ts'
import {
  type Entry,
  entriesByResource,
  formatEntry,
  formatResource,
  patternOf,
  principalOf,
  type ResourceFilter,
  resourceFilters,
  resourceKeyOf,
} from './acl-request.ts'

interface AclCommand {
  readonly acls: AclsAdmin
  readonly options: ParsedOptions
  readonly io: Io
}

const ACTIONS = { list: listAcls, add: addAcls, remove: removeAcls }

/** Runs kafka-acls. */
export const run = defineTool({
  purpose: 'manage acls on kafka.',
  options: ACL_OPTIONS,
  async run(options, io) {
    const action = checkAclOptions(options)
    if (options.has('bootstrap-controller')) throw new ToolError(NO_CONTROLLERS)
    try {
      const file = options.value('command-config')
      const properties = file === undefined ? new Map() : readProperties(file, io)
      await using kafka = connect(options.required('bootstrap-server'), properties, io)
      await ACTIONS[action]({ acls: kafka.admin().acls, options, io })
      return 0
    } catch (error) {
      if (error instanceof UsageError) throw error
      // So it is in Kafka's tool: on stdout.
      printLine(io.stdout, `Error while executing ACL command: ${textOf(error)}`)
      return 1
    }
  },
})

async function listAcls({ acls, options, io }: AclCommand): Promise<void> {
  const found = await find(acls, resourceFilters(options))
  const principals = [...new Set(options.values('principal').map(principalOf))]
  if (principals.length === 0) printAcls(found, io)
  for (const principal of principals) {
    printLine(io.stdout, `ACLs for principal \`${principal}\``)
    printAcls(
      found.filter((acl) => acl.principal === principal),
      io,
    )
  }
}

async function addAcls({ acls, options, io }: AclCommand): Promise<void> {
  const pattern = patternOf(options)
  if (pattern === 'ANY' || pattern === 'MATCH') {
    throw new UsageError(`A '--resource-pattern-type' value of '${pattern}' is not valid when adding acls.`)
  }
  const wanted = entriesByResource(options)
  if ([...wanted.values()].some((entries) => entries.length === 0)) {
    throw new UsageError('You must specify one of: --allow-principal, --deny-principal when trying to add ACLs.')
  }
  const added: [ResourceFilter, Entry[]][] = []
  for (const [resource, entries] of wanted) {
    const existing = new Set((await find(acls, [resource])).map(formatEntry))
    for (const entry of entries.filter((one) => existing.has(formatEntry(one)))) {
      printLine(io.stdout, `Acl (pattern=${formatResource(resource)}, entry=${formatEntry(entry)}) already exists.`)
    }
    const missing = entries.filter((entry) => !existing.has(formatEntry(entry)))
    if (missing.length > 0) added.push([resource, missing])
  }
  for (const [resource, entries] of added) {
    printLine(io.stdout, `Adding ACLs for resource \`${formatResource(resource)}\`: `)
    printLine(io.stdout, ` ${lines(entries)}\n`)
    const bindings = entries.map((entry) => bindingOf(resource, entry))
    const outcomes = await acls.create(bindings)
    for (const binding of bindings) unwrap(outcomes.get(aclKey(binding)))
  }
}

async function removeAcls({ acls, options, io }: AclCommand): Promise<void> {
  const answers = new Answers(io)
  const agrees = async (question: string) => {
    if (options.has('force')) return true
    printLine(io.stdout, question)
    return (await answers.next())?.toLowerCase() === 'y'
  }
  for (const [resource, entries] of entriesByResource(options)) {
    const { type: resourceType, name: resourceName, pattern: patternType } = resource
    const ofResource = { resourceType, resourceName, patternType }
    const which = `resource filter \`${formatResource(resource)}\`? (y/n)`
    if (entries.length === 0) {
      if (!(await agrees(`Are you sure you want to delete all ACLs for ${which}`))) continue
      for (const outcome of await acls.delete([ofResource])) unwrap(outcome)
    } else if (await agrees(`Are you sure you want to remove ACLs: \n ${lines(entries)}\n from ${which}`)) {
      for (const outcome of await acls.delete(entries.map((entry) => ({ ...ofResource, ...entry })))) unwrap(outcome)
    }
  }
}

/** What is there of the resources; everything for none. */
async function find(acls: AclsAdmin, filters: readonly ResourceFilter[]): Promise<AclBinding[]> {
  if (filters.length === 0) return await acls.describe()
  const found = await Promise.all(
    filters.map(({ type: resourceType, name: resourceName, pattern: patternType }) =>
      acls.describe({ resourceType, resourceName, patternType }),
    ),
  )
  return [...new Map(found.flat().map((acl) => [aclKey(acl), acl])).values()]
}

function printAcls(acls: readonly AclBinding[], io: Io): void {
  const byResource = new Map<string, { resource: ResourceFilter; entries: Entry[] }>()
  for (const acl of acls) {
    const resource = { type: acl.resourceType, name: acl.resourceName, pattern: acl.patternType }
    const key = resourceKeyOf(resource)
    const known = byResource.get(key) ?? { resource, entries: [] }
    known.entries.push(acl)
    byResource.set(key, known)
  }
  for (const { resource, entries } of byResource.values()) {
    printLine(io.stdout, `Current ACLs for resource \`${formatResource(resource)}\`:\n${lines(entries)}\n`)
  }
}

function lines(entries: readonly Entry[]): string {
  return entries.map((entry) => `\t${formatEntry(entry)}`).join('\n')
}

function bindingOf({ type, name, pattern }: ResourceFilter, entry: Entry): AclBinding {
  return { ...entry, resourceType: type, resourceName: name, patternType: pattern as AclBinding['patternType'] }
}

/** What a broker said stands behind the name of its exception. */
function textOf(error: unknown): string {
  const isBrokers = (error as { name?: unknown }).name === 'BrokerError'
  return isBrokers ? errorTextWithClass(error) : (error as Error).message
}
