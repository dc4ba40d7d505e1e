import { z } from 'zod'

/**
 * Why something is as it is: why a node was not chosen, why an execution ended, why footage was not analysed.
 * Outcomes are data, so a reason is data too; `code` is for programs, `message` for people.
 */
export const reasonCodes = [
  // a node is not asked, or its bid is no
  'not_approved',
  'disconnected',
  'selector_mismatch',
  'engine_unavailable',
  'source_unavailable',
  'path_not_allowed',
  'path_missing',
  'input_empty',
  'url_not_allowed',
  'input_not_ready',
  'input_unavailable',
  'input_corrupt',
  'model_unavailable',
  'image_unavailable',
  'capacity_exceeded',
  'queue_full',
  'duplicate_mount',
  'stateless_rejected',
  'networked_rejected',
  'data_not_local',
  'probe_rejected',
  'probe_failed',
  'draining',
  'no_node_matches',
  'offer_not_acknowledged',
  'stale_token',
  'outbid',
  // an execution or a job ends
  'exit_code',
  'cancelled_by_user',
  'execution_timeout',
  'queue_timeout',
  'total_timeout',
  'engine_failed',
  'engine_crashed',
  'out_of_memory',
  'poison',
  'data_lost',
  'node_removed',
  'superseded',
  'some_executions_failed',
  'all_executions_failed',
  'all_bids_rejected',
  // footage is not analysed
  'not_a_video',
  'unreadable',
  'truncated',
  'decode_error',
  'time_jump',
  'empty_file',
  'file_changed',
  'still_written',
  'interrupted',
  'limit_exceeded',
  // detections that a container left
  'labels_missing',
  'labels_invalid',
  'labels_unmatched',
] as const

export const ReasonCode = z.enum(reasonCodes)
export type ReasonCode = z.infer<typeof ReasonCode>

export const Reason = z.object({ code: ReasonCode, message: z.string().max(4000) })
export type Reason = z.infer<typeof Reason>
