/**
 * DescribeQuorum (key 55), versions 0 to 2.
 *
 * Who keeps the metadata log, and how far. v1: when a voter last fetched; v2: directory ids and nodes. One voter here, this node.
 */
import { API_KEYS, DescribeQuorumRequest, DescribeQuorumResponse } from '@ottla/protocol'
import { askController } from '../to-controller.ts'
import { defineApi } from './handler.ts'

export const describeQuorum = defineApi({
  key: 55,
  request: DescribeQuorumRequest,
  response: DescribeQuorumResponse,
  handle: (context, request) => askController(context, API_KEYS.DescribeQuorum, request),
})
