/** Why a file is no checkpoint that can be used, as a sentence about “it”. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError'
}
