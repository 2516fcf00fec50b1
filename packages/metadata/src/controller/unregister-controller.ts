/** UnregisterController (94): forgets a controller that is gone (metadata.version 33, 4.4-IV2). The node that decides stays. */
import { ErrorCode, type UnregisterControllerRequest, type UnregisterControllerResponse } from '@ottla/protocol'
import { type ControllerView, levelOf, type Outcome } from './controller-view.ts'

const UNREGISTRATION_LEVEL = 33

export function unregisterController(
  view: ControllerView,
  { controllerId }: UnregisterControllerRequest,
): Outcome<UnregisterControllerResponse> {
  const refuse = (errorCode: number, errorMessage: string): Outcome<UnregisterControllerResponse> => ({
    response: { throttleTimeMs: 0, errorCode, errorMessage },
    records: [],
  })
  if (controllerId === view.nodeId) {
    return refuse(ErrorCode.INVALID_REQUEST, `Controller ID ${controllerId} is a voter of the quorum.`)
  }
  if (levelOf(view) < UNREGISTRATION_LEVEL) {
    return refuse(
      ErrorCode.UNSUPPORTED_VERSION,
      'The current MetadataVersion is too old to support controller unregistration.',
    )
  }
  const controller = view.image.controllers.get(controllerId)
  if (controller === undefined) {
    return refuse(ErrorCode.CONTROLLER_ID_NOT_REGISTERED, `Controller ID ${controllerId} is not currently registered`)
  }
  return {
    response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: '' },
    records: [{ kind: 'UnregisterControllerRecord', version: 0, value: { controllerId } }],
  }
}
