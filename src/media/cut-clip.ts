import type { Abortable } from '../ports/index.ts'
import { copyClip, type CopyClipRequest } from './copy-clip.ts'
import { cutExactClip, type CutClip } from './exact-clip.ts'
import type { MediaTools } from './media-tools.ts'

export interface ClipRequest extends CopyClipRequest {
  /** `exact` begins with the frame that is shown at the asked start, and encodes anew what that takes. Default: copy. */
  readonly mode?: 'copy' | 'exact'
}

/**
 * Cuts a clip whose `actual` contains `asked` as far as there is footage; see copyClip and cutExactClip for how. Throws
 * ffmpeg_failed, and leaves nothing behind then.
 */
export async function cutClip(
  tools: MediaTools,
  { mode = 'copy', ...request }: ClipRequest,
  options: Abortable = {},
): Promise<CutClip> {
  return mode === 'copy' ? copyClip(tools, request, options) : cutExactClip(tools, request, options)
}
