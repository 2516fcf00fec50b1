/**
 * Changes of settings, on their way to the controller. Those of one broker are for that broker to take, since it alone knows its
 * file: another one refuses them.
 */
import { ConfigResourceType, type ControllerApis } from '@ottla/metadata'
import { type API_KEYS, ErrorCode } from '@ottla/protocol'
import type { RequestContext } from './request-context.ts'
import { askController } from './to-controller.ts'

type ApiKey = typeof API_KEYS.AlterConfigs | typeof API_KEYS.IncrementalAlterConfigs
type Response<Key extends ApiKey> = ControllerApis[Key]['response']
type Result = Response<ApiKey>['responses'][number]

interface Resource {
  readonly resourceType: number
  readonly resourceName: string
}

/** Asks the controller for what this broker neither settles by itself nor refuses; answers in the order of the request. */
export async function alterSettings<Key extends ApiKey>(
  context: RequestContext,
  apiKey: Key,
  request: ControllerApis[Key]['request'],
  settledHere: (resource: ControllerApis[Key]['request']['resources'][number]) => Result | null = () => null,
): Promise<{ responses: Result[] }> {
  const refusals = request.resources.map((resource) => settledHere(resource) ?? refusal(context, resource))
  const handedOn = { ...request, resources: request.resources.filter((_, index) => refusals[index] === null) }
  if (handedOn.resources.length === 0) return { responses: refusals.filter((result) => result !== null) }
  const { responses } = await askController(context, apiKey, handedOn as ControllerApis[Key]['request'])
  let next = 0
  return { responses: refusals.map((result) => result ?? responses[next++]!) }
}

function refusal(context: RequestContext, { resourceType, resourceName }: Resource): Result | null {
  const { nodeId } = context.broker
  const isNumber = /^-?[0-9]+$/.test(resourceName)
  if (resourceType !== ConfigResourceType.BROKER || !isNumber || Number(resourceName) === nodeId) return null
  return {
    errorCode: ErrorCode.INVALID_REQUEST,
    errorMessage: `Unexpected broker id, expected ${nodeId}, but received ${resourceName}`,
    resourceType,
    resourceName,
  }
}
